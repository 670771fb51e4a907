# What the policies of a host's pods share: before everything else that is forwarded, answers pass, then the sender's policies
# are asked (PODLAB-FROM), then the receiver's (PODLAB-TO). The pods (policy.sh) put their own rules there.

rules() {
  cat << 'END'
-A FORWARD -j PODLAB-POLICY
-A PODLAB-POLICY -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A PODLAB-POLICY -j PODLAB-FROM
-A PODLAB-POLICY -j PODLAB-TO
END
}

found() {
  iptables -S | grep -e '^-A FORWARD -j PODLAB-POLICY$' -e '^-A PODLAB-POLICY ' || true
}

# One transaction. A chain that is declared is emptied, so those with the pods' rules are made only where they are not yet.
apply() {
  {
    echo '*filter'
    for chain in PODLAB-FROM PODLAB-TO; do iptables -S "$chain" > /dev/null 2>&1 || echo ":$chain - [0:0]"; done
    echo ':PODLAB-POLICY - [0:0]'
    found | sed -n 's/^-A FORWARD/-D FORWARD/p'
    rules | sed 's/^-A FORWARD/-I FORWARD 1/'
    echo COMMIT
  } | iptables-restore --noflush
}

check() {
  same_rules "$(rules)" "$(found)"
  same 'the first rule of FORWARD' '-A FORWARD -j PODLAB-POLICY' "$(iptables -S FORWARD | grep -m 1 '^-A')"
}

# The pods' policies are removed before.
remove() {
  while iptables -D FORWARD -j PODLAB-POLICY 2> /dev/null; do :; done
  for chain in PODLAB-POLICY PODLAB-FROM PODLAB-TO; do
    if iptables -F "$chain" 2> /dev/null; then iptables -X "$chain"; fi
  done
}

// Package zxcvbn is left out of podlab's engine: with it `pulumi config set` guesses whether a value looks like a secret, and for
// that every start of Pulumi sorts dictionaries.
package zxcvbn

// Strength is that of a password.
type Strength struct {
	// Entropy in bits.
	Entropy float64
}

// PasswordStrength takes every text for no password at all.
func PasswordStrength(string, []string) Strength {
	return Strength{}
}

import pulumi
import pulumi_podlab as podlab

# As many hosts as there are teams, each with a pod for its API and one for its database.
teams = ["red", "blue"]

lab = podlab.Lab(
    "teams",
    hosts=[
        podlab.HostArgs(name=team, pods=[podlab.PodArgs(name="api"), podlab.PodArgs(name="db")])
        for team in teams
    ],
)

pulumi.export("pods", lab.pods)
pulumi.export("routes", lab.routes)
pulumi.export("passed", lab.passed)
pulumi.export("report", lab.report)

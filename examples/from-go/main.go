package main

import (
	"example.com/pulumi-podlab/sdk/go/podlab"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// As many hosts as there are teams, each with a pod for its API and one for its database.
var teams = []string{"red", "blue"}

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	hosts := podlab.HostArray{}
	for _, team := range teams {
		hosts = append(hosts, podlab.HostArgs{
			Name: pulumi.String(team),
			Pods: podlab.PodArray{
				podlab.PodArgs{Name: pulumi.String("api")},
				podlab.PodArgs{Name: pulumi.String("db")},
			},
		})
	}
	lab, err := podlab.NewLab(ctx, "teams", &podlab.LabArgs{Hosts: hosts})
	if err != nil {
		return err
	}
	ctx.Export("pods", lab.Pods)
	ctx.Export("routes", lab.Routes)
	ctx.Export("passed", lab.Passed)
	ctx.Export("report", lab.Report)
	return nil
}

package docker_test

import (
	"testing"

	"podlab/pulumi/plugins/docker"
)

func TestContainerIsDeletedBeforeItIsReplaced(t *testing.T) {
	for name, resource := range docker.Provider().Resources {
		if resource.DeleteBeforeReplace != (name == "docker_container") {
			t.Errorf("%s: DeleteBeforeReplace is %v", name, resource.DeleteBeforeReplace)
		}
	}
}

// A resource with no name in the program gets one, except an image, whose name says which it is.
func TestNamesAreMadeWhereNoneIsGiven(t *testing.T) {
	info := docker.Provider()
	made := map[string]bool{}
	for name, resource := range info.Resources {
		field := resource.Fields["name"]
		made[name] = field != nil && field.Default != nil && field.Default.AutoNamed
	}
	for name, want := range map[string]bool{
		"docker_container": true, "docker_network": true, "docker_volume": true, "docker_config": true, "docker_image": false,
	} {
		if made[name] != want {
			t.Errorf("%s: a name is made: %v; want %v", name, made[name], want)
		}
	}
}

func TestHostComesFromTheEnvironmentOrIsTheLocalSocket(t *testing.T) {
	host := docker.Provider().Config["host"].Default
	if len(host.EnvVars) != 1 || host.EnvVars[0] != "DOCKER_HOST" || host.Value != "unix:///var/run/docker.sock" {
		t.Errorf("host is taken from %v, else %v", host.EnvVars, host.Value)
	}
}

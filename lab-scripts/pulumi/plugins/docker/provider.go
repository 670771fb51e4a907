// Package docker is a plugin for @pulumi/docker: as the official one does, it bridges the Terraform provider of Docker to Pulumi.
package docker

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	tfbridgetokens "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// The name and the version by which the engine pairs a plugin with an SDK.
const (
	Name    = "docker"
	Version = "5.2.0"
)

// defaultHost is the engine that is used unless the program, DOCKER_HOST or a context names another.
const defaultHost = "unix:///var/run/docker.sock"

// maxNameLength bounds the names that the bridge makes for what a program gives none: the resource's name and a few
// hex digits.
const maxNameLength = 255

// Provider says how Terraform's names become those of the SDK. What is not listed here follows the bridge's rules:
// docker_registry_image becomes docker:index/registryImage:RegistryImage, a list's name becomes plural.
// A name that the SDK spells otherwise would be dropped in silence; test/plugins/docker compares them all.
func Provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       sdkv2.NewProvider(shim.Provider(Version)),
		Name:    Name,
		Version: Version,
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}, Value: defaultHost}},
			// A list whose name stays singular.
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_config": {Tok: "docker:index/serviceConfig:ServiceConfig"},
			"docker_container": {
				Tok: "docker:index/container:Container",
				// Two containers cannot have one name.
				DeleteBeforeReplace: true,
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			"docker_image": {
				Tok: "docker:index/remoteImage:RemoteImage",
				// An image has a name of its own: none is made for it.
				Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}},
			},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image": {Tok: "docker:index/getRemoteImage:getRemoteImage"},
		},
	}
	info.MustComputeTokens(tfbridgetokens.SingleModule("docker_", "index", tfbridgetokens.MakeStandard(Name)))
	info.SetAutonaming(maxNameLength, "-")
	return info
}

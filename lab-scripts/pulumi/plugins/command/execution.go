package main

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Execution says how a script is run.
type Execution struct {
	// Interpreter is the program, and its arguments, that gets the script as its last argument.
	Interpreter *[]string `pulumi:"interpreter,optional"`
	// Dir is the working directory; the plugin's own, which is the program's, unless given.
	Dir *string `pulumi:"dir,optional"`
	// Environment is added to the plugin's own environment.
	Environment *map[string]string `pulumi:"environment,optional"`
	// Stdin is what the script can read; nothing unless given.
	Stdin *string `pulumi:"stdin,optional"`
	// AddPreviousOutputInEnv gives the script the output of the last run in its environment.
	AddPreviousOutputInEnv *bool `pulumi:"addPreviousOutputInEnv,optional"`
	// Logging says which streams become log lines of the engine.
	Logging *Logging `pulumi:"logging,optional"`
	// AssetPaths are globs of files to return as assets after the run.
	AssetPaths *[]string `pulumi:"assetPaths,optional"`
	// ArchivePaths are globs of files to return as one archive after the run.
	ArchivePaths *[]string `pulumi:"archivePaths,optional"`
}

// Annotate sets the default that the official plugin stores with the inputs.
func (e *Execution) Annotate(a infer.Annotator) {
	a.SetDefault(&e.AddPreviousOutputInEnv, true)
}

// Output is what a script left.
type Output struct {
	// Stdout and Stderr are the streams, each without its last newline.
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
	// Assets are the files that Execution.AssetPaths match, by their path below the working directory.
	Assets *map[string]types.AssetOrArchive `pulumi:"assets,optional"`
	// Archive holds the files that Execution.ArchivePaths match.
	Archive *resource.Archive `pulumi:"archive,optional"`
}

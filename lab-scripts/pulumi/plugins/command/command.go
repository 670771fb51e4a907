package command

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// idSuffixDigits is the number of hex digits that follow the resource's name in its id.
const idSuffixDigits = 8

// Command is the resource command:local:Command: scripts that run as the resource is created, updated and deleted.
// It has no Read, so a refresh sees no change.
type Command struct{ shell shell }

// Annotate gives the resource its token.
func (c Command) Annotate(a infer.Annotator) {
	a.SetToken("local", "Command")
}

// CommandInputs are the arguments of the resource. A change of any of them updates it, except that a change of
// Triggers replaces it.
type CommandInputs struct {
	Execution
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
}

// CommandState is what the engine keeps: the inputs and the output of the last create or update.
type CommandState struct {
	CommandInputs
	Output
}

// Create runs the create script, if there is one. A preview runs nothing.
func (c Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandState], error) {
	created := infer.CreateResponse[CommandState]{Output: CommandState{CommandInputs: req.Inputs}}
	id, err := resource.NewUniqueHex(req.Name, idSuffixDigits, 0)
	if err != nil {
		return created, err
	}
	created.ID = id
	if req.DryRun || req.Inputs.Create == nil {
		return created, nil
	}
	created.Output.Output, err = c.shell.run(ctx, *req.Inputs.Create, req.Inputs.Execution, Output{})
	return created, err
}

// Update runs the update script, or the create script where there is none. A preview runs nothing. If neither is
// given, the output of the last run stays.
func (c Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandState],
) (infer.UpdateResponse[CommandState], error) {
	updated := infer.UpdateResponse[CommandState]{
		Output: CommandState{CommandInputs: req.Inputs, Output: req.State.Output},
	}
	script := req.Inputs.Update
	if script == nil {
		script = req.Inputs.Create
	}
	if req.DryRun || script == nil {
		return updated, nil
	}
	var err error
	updated.Output.Output, err = c.shell.run(ctx, *script, req.Inputs.Execution, req.State.Output)
	return updated, err
}

// Delete runs the delete script, if there is one, with the inputs that the resource was last applied with.
func (c Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandState],
) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	_, err := c.shell.run(ctx, *req.State.Delete, req.State.Execution, req.State.Output)
	return infer.DeleteResponse{}, err
}

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
}

// Annotate sets the default that the official plugin stores with the inputs.
func (e *Execution) Annotate(a infer.Annotator) {
	a.SetDefault(&e.AddPreviousOutputInEnv, true)
}

// Output is what a script left: its streams, each without its last newline.
type Output struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

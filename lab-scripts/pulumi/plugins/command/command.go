package main

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
	output, err := c.shell.run(ctx, *script, req.Inputs.Execution, req.State.Output)
	updated.Output.Output = output
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

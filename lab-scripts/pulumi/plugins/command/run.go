package main

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function command:local:run: one script, run each time it is called, in a preview too.
type Run struct{ shell shell }

// Annotate gives the function its token.
func (r Run) Annotate(a infer.Annotator) {
	a.SetToken("local", "run")
}

// RunInputs are the arguments of the function.
type RunInputs struct {
	Execution
	Command string `pulumi:"command"`
}

// RunResult is what the function returns: its arguments and the script's output.
type RunResult struct {
	RunInputs
	Output
}

// Invoke runs the script.
func (r Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunResult], error) {
	output, err := r.shell.run(ctx, req.Input.Command, req.Input.Execution, Output{})
	return infer.FunctionResponse[RunResult]{Output: RunResult{RunInputs: req.Input, Output: output}}, err
}

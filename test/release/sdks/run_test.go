package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// Runs the program of this folder as Pulumi does, without a language host: up, the outputs, destroy.
func TestProgram(t *testing.T) {
	folder, err := os.Getwd()
	check(t, err)
	stack, err := auto.UpsertStackInlineSource(t.Context(), "dev", "from-go", program, auto.WorkDir(folder))
	check(t, err)
	defer stack.Destroy(t.Context())
	result, err := stack.Up(t.Context())
	check(t, err)
	values := map[string]any{}
	for name, output := range result.Outputs {
		values[name] = output.Value
	}
	text, err := json.Marshal(values)
	check(t, err)
	fmt.Println(string(text))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

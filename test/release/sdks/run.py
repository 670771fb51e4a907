"""Runs the program of this folder as Pulumi does, without a language host: up, the outputs, destroy."""
import json
import os
import runpy

from pulumi import automation


def program() -> None:
    runpy.run_path("__main__.py")


stack = automation.create_or_select_stack(
    stack_name="dev",
    project_name="from-python",
    program=program,
    opts=automation.LocalWorkspaceOptions(work_dir=os.getcwd()),
)
try:
    outputs = stack.up().outputs
    print(json.dumps({name: output.value for name, output in outputs.items()}))
finally:
    stack.destroy()

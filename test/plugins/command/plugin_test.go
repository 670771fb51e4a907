package command_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi-go-provider/integration/fake"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"podlab/pulumi/plugins/command"
)

// asPlugin makes this test binary behave as the plugin, so that the tests talk to a process as the engine does.
const asPlugin = "PODLAB_TEST_AS_PLUGIN"

// unitURN names the resource of every test.
const unitURN = "urn:pulumi:test::podlab::command:local:Command::unit"

// patience bounds every wait of the tests.
const patience = 10 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(asPlugin) != "" {
		if command.Serve() != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// harness is a running plugin, the engine it logs to, and the calls an engine makes.
type harness struct {
	t       *testing.T
	engine  *fake.EngineServer
	process *exec.Cmd
	client  rpc.ResourceProviderClient
}

// startPlugin starts the plugin for one test and ends it with the test.
func startPlugin(t *testing.T) *harness {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	engine := fake.NewEngineServer()
	address, _, err := fake.StartEngineServer(ctx, engine)
	must(t, err)

	process := exec.Command(os.Args[0], address)
	process.Env = append(os.Environ(), asPlugin+"=1")
	process.Stderr = os.Stderr
	stdout, err := process.StdoutPipe()
	must(t, err)
	must(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})

	port, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	p := &harness{t: t, engine: engine, process: process, client: rpc.NewResourceProviderClient(connection)}
	_, err = p.client.CheckConfig(ctx, &rpc.CheckRequest{Urn: "urn:pulumi:test::podlab::pulumi:providers:command::it"})
	must(t, err) // Fails where any resource or function has no valid schema.
	_, err = p.client.Configure(ctx, &rpc.ConfigureRequest{AcceptSecrets: true, AcceptResources: true})
	must(t, err)
	return p
}

// check is how the engine fills in defaults before every other call.
func (p *harness) check(inputs object) object {
	p.t.Helper()
	answer, err := p.client.Check(p.t.Context(), &rpc.CheckRequest{Urn: unitURN, News: marshal(p.t, inputs)})
	must(p.t, err)
	if len(answer.Failures) > 0 {
		p.t.Fatalf("check: %v", answer.Failures)
	}
	return unmarshal(p.t, answer.Inputs)
}

// created is a resource as the engine stores it.
type created struct {
	id            string
	inputs, state object
}

// tryCreate creates a resource and returns the plugin's error.
func (p *harness) tryCreate(ctx context.Context, inputs object) (created, error) {
	p.t.Helper()
	checked := p.check(inputs)
	answer, err := p.client.Create(ctx, &rpc.CreateRequest{Urn: unitURN, Properties: marshal(p.t, checked)})
	if err != nil {
		return created{}, err
	}
	return created{answer.Id, checked, unmarshal(p.t, answer.Properties)}, nil
}

func (p *harness) create(inputs object) created {
	p.t.Helper()
	made, err := p.tryCreate(p.t.Context(), inputs)
	must(p.t, err)
	return made
}

// tryUpdate applies new inputs to a resource and returns the plugin's error.
func (p *harness) tryUpdate(old created, inputs object) (created, error) {
	p.t.Helper()
	checked := p.check(inputs)
	answer, err := p.client.Update(p.t.Context(), &rpc.UpdateRequest{
		Id: old.id, Urn: unitURN,
		Olds: marshal(p.t, old.state), OldInputs: marshal(p.t, old.inputs), News: marshal(p.t, checked),
	})
	if err != nil {
		return created{}, err
	}
	return created{old.id, checked, unmarshal(p.t, answer.Properties)}, nil
}

func (p *harness) update(old created, inputs object) created {
	p.t.Helper()
	made, err := p.tryUpdate(old, inputs)
	must(p.t, err)
	return made
}

func (p *harness) diff(old created, inputs object) *rpc.DiffResponse {
	p.t.Helper()
	answer, err := p.client.Diff(p.t.Context(), &rpc.DiffRequest{
		Id: old.id, Urn: unitURN,
		Olds: marshal(p.t, old.state), OldInputs: marshal(p.t, old.inputs), News: marshal(p.t, p.check(inputs)),
	})
	must(p.t, err)
	return answer
}

func (p *harness) delete(old created) error {
	p.t.Helper()
	_, err := p.client.Delete(p.t.Context(), &rpc.DeleteRequest{
		Id: old.id, Urn: unitURN, Properties: marshal(p.t, old.state), OldInputs: marshal(p.t, old.inputs),
	})
	return err
}

// logged returns the lines that the engine was given, in order.
func (p *harness) logged() []string {
	var lines []string
	for _, entry := range p.engine.Logs() {
		if entry.Severity == rpc.LogSeverity_INFO {
			lines = append(lines, entry.Message)
		}
	}
	return lines
}

// grandchild starts script, which must write a process id to the file that $pidfile names, and returns that id.
func (p *harness) grandchild(ctx context.Context, script string) (pid int, outcome <-chan error) {
	p.t.Helper()
	pidfile := filepath.Join(p.t.TempDir(), "pid")
	done := make(chan error, 1)
	go func() {
		_, err := p.tryCreate(ctx, object{"create": script, "environment": object{"pidfile": pidfile}})
		done <- err
	}()
	eventually(p.t, "the script writes its pid", func() bool {
		text, _ := os.ReadFile(pidfile)
		_, err := fmt.Sscanf(string(text), "%d\n", &pid)
		return err == nil
	})
	return pid, done
}

// alive is whether a process runs; one that ended and waits to be reaped does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && !strings.Contains(string(status), "\nState:\tZ")
}

func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !true(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}

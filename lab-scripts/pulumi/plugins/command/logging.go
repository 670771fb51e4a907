package command

import (
	"bytes"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Logging says which of a script's streams become log lines of the engine. It changes nothing about the outputs.
type Logging string

// The values of Logging. Where none is given both streams are logged.
const (
	logStdout          Logging = "stdout"
	logStderr          Logging = "stderr"
	logStdoutAndStderr Logging = "stdoutAndStderr"
	logNone            Logging = "none"
)

// Values lists the values for the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: string(logStdout), Value: logStdout},
		{Name: string(logStderr), Value: logStderr},
		{Name: string(logStdoutAndStderr), Value: logStdoutAndStderr},
		{Name: string(logNone), Value: logNone},
	}
}

func (l *Logging) wantsStdout() bool {
	return l == nil || *l == logStdout || *l == logStdoutAndStderr
}

func (l *Logging) wantsStderr() bool {
	return l == nil || *l == logStderr || *l == logStdoutAndStderr
}

// lineLog cuts what is written to it into lines and passes each on, without its newline, once it is complete.
// Lines may be of any length. The zero value drops everything.
type lineLog struct {
	emit    func(line string)
	pending []byte
}

func (l *lineLog) Write(text []byte) (int, error) {
	if l.emit == nil {
		return len(text), nil
	}
	l.pending = append(l.pending, text...)
	for {
		line, rest, complete := bytes.Cut(l.pending, []byte("\n"))
		if !complete {
			return len(text), nil
		}
		l.emit(string(line))
		l.pending = rest
	}
}

// flush passes on a last line that had no newline.
func (l *lineLog) flush() {
	if len(l.pending) > 0 {
		l.emit(string(l.pending))
		l.pending = nil
	}
}

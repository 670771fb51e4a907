package command_test

import (
	"reflect"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// object is a set of properties as a program writes it.
type object = map[string]any

var wire = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true}

func marshal(t *testing.T, properties object) *structpb.Struct {
	t.Helper()
	values := resource.NewPropertyValueRepl(properties, nil, func(v any) (resource.PropertyValue, bool) {
		hidden, ok := v.(secret)
		return resource.MakeSecret(resource.NewPropertyValue(hidden.value)), ok
	})
	encoded, err := plugin.MarshalProperties(values.ObjectValue(), wire)
	must(t, err)
	return encoded
}

func unmarshal(t *testing.T, encoded *structpb.Struct) object {
	t.Helper()
	properties, err := plugin.UnmarshalProperties(encoded, wire)
	must(t, err)
	return properties.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch {
		case v.IsComputed():
			return unknown, true
		case v.IsSecret():
			return secret{v.SecretValue().Element.V}, true
		}
		return nil, false
	})
}

// unknown stands for a value that only an update will know.
var unknown = resource.Computed{Element: resource.NewProperty("")}

// secret is a value that is marked secret.
type secret struct{ value any }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}

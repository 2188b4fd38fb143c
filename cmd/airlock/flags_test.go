package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// kong makes AIRLOCK_PUBLIC_S_3_ENDPOINT out of --public-s3-endpoint: such a flag needs its env tag.
func TestEachFlagIsAlsoAVariableOfItsName(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("airlock"), kong.DefaultEnvars("AIRLOCK"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(false) {
		for _, flags := range command.AllFlags(false) {
			for _, f := range flags {
				want := "AIRLOCK_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
				if f.Name != "help" && !slices.Equal(f.Envs, []string{want}) {
					t.Errorf("%s --%s listens to %v, not to %s", command.Name, f.Name, f.Envs, want)
				}
			}
		}
	}
}

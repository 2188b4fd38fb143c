package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// schemaOf turns a printed schema into the one of the protocol.
func schemaOf(s *tfjson.Schema) (*tfprotov6.Schema, error) {
	b, err := blockOf(s.Block)
	return &tfprotov6.Schema{Version: int64(s.Version), Block: b}, err
}

var nestings = map[tfjson.SchemaNestingMode]tfprotov6.SchemaNestedBlockNestingMode{
	tfjson.SchemaNestingModeSingle: tfprotov6.SchemaNestedBlockNestingModeSingle,
	tfjson.SchemaNestingModeList:   tfprotov6.SchemaNestedBlockNestingModeList,
	tfjson.SchemaNestingModeSet:    tfprotov6.SchemaNestedBlockNestingModeSet,
}

func blockOf(b *tfjson.SchemaBlock) (*tfprotov6.SchemaBlock, error) {
	made := &tfprotov6.SchemaBlock{}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a := b.Attributes[name]
		t, err := json.Marshal(a.AttributeType)
		if err != nil {
			return nil, err
		}
		//lint:ignore SA1019 the protocol's own way to write a type is JSON
		parsed, err := tftypes.ParseJSONType(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		made.Attributes = append(made.Attributes, &tfprotov6.SchemaAttribute{
			Name: name, Type: parsed, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(b.NestedBlocks)) {
		n := b.NestedBlocks[name]
		inner, err := blockOf(n.Block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		mode, ok := nestings[n.NestingMode]
		if !ok {
			return nil, fmt.Errorf("%s nests as %q", name, n.NestingMode)
		}
		made.BlockTypes = append(made.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: name, Block: inner, Nesting: mode, MinItems: int64(n.MinItems), MaxItems: int64(n.MaxItems),
		})
	}
	return made, nil
}

// fieldsOf takes an object apart; none where it is null.
func fieldsOf(d *tfprotov6.DynamicValue, s *tfprotov6.Schema) (map[string]tftypes.Value, error) {
	v, err := d.Unmarshal(s.ValueType())
	if err != nil || v.IsNull() {
		return nil, err
	}
	var fields map[string]tftypes.Value
	return fields, v.As(&fields)
}

// changed is an object with a value for each attribute that its configuration leaves to the provider.
func changed(d *tfprotov6.DynamicValue, s *tfprotov6.Schema,
	value func(name string, a *tfprotov6.SchemaAttribute, fields map[string]tftypes.Value) tftypes.Value,
) (*tfprotov6.DynamicValue, error) {
	fields, err := fieldsOf(d, s)
	if err != nil || fields == nil {
		return d, err // nil: it is to be destroyed
	}
	for _, a := range s.Block.Attributes {
		if v := fields[a.Name]; a.Computed && (v.IsNull() || !v.IsKnown()) {
			fields[a.Name] = value(a.Name, a, fields)
		}
	}
	made, err := tfprotov6.NewDynamicValue(s.ValueType(), tftypes.NewValue(s.ValueType(), fields))
	return &made, err
}

// text is a string, or "" where there is none.
func text(v tftypes.Value) (s string) {
	if v.Type() == nil || !v.Type().Is(tftypes.String) || v.IsNull() || !v.IsKnown() || v.As(&s) != nil {
		return ""
	}
	return s
}

// Command paper is a Terraform provider that speaks the schema of hashicorp/aws and writes everything
// on paper: it plans and applies without a network, an account or credentials. With it the module is
// validated, tested and rendered by a real terraform or tofu where HashiCorp's provider can't be had.
//
// What it can't tell is whether AWS takes the values; only an apply with the provider itself does.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// schemaJSON was printed by schema.mjs, which says where it is from.
//
//go:embed schema.json
var schemaJSON []byte

func main() {
	p, err := newPaper(schemaJSON)
	if err != nil {
		log.Fatal(err)
	}
	if err := tf6server.Serve("registry.terraform.io/hashicorp/aws", func() tfprotov6.ProviderServer { return p }); err != nil {
		log.Fatal(err)
	}
}

// paper answers what Terraform asks of a provider whose resources need no waiting, importing or
// moving; what this module never asks is not there.
type paper struct {
	tfprotov6.ProviderServer
	provider          *tfprotov6.Schema
	resources, reads  map[string]*tfprotov6.Schema
	defaultRegionName string
}

func newPaper(printed []byte) (*paper, error) {
	var all tfjson.ProviderSchemas
	if err := json.Unmarshal(printed, &all); err != nil {
		return nil, fmt.Errorf("read schema.json: %w", err)
	}
	aws := all.Schemas["registry.terraform.io/hashicorp/aws"]
	p := &paper{resources: map[string]*tfprotov6.Schema{}, reads: map[string]*tfprotov6.Schema{}, defaultRegionName: "us-east-1"}
	var err error
	if p.provider, err = schemaOf(aws.ConfigSchema); err != nil {
		return nil, err
	}
	for name, s := range aws.ResourceSchemas {
		if p.resources[name], err = schemaOf(s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, s := range aws.DataSourceSchemas {
		if p.reads[name], err = schemaOf(s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

func (p *paper) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return &tfprotov6.GetMetadataResponse{}, nil
}

func (p *paper) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{Provider: p.provider, ResourceSchemas: p.resources, DataSourceSchemas: p.reads}, nil
}

func (p *paper) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (p *paper) ValidateProviderConfig(_ context.Context, r *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (p *paper) ConfigureProvider(_ context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	config, err := fieldsOf(r.Config, p.provider)
	if region := text(config["region"]); err == nil && region != "" {
		p.defaultRegionName = region
	}
	return &tfprotov6.ConfigureProviderResponse{}, err
}

func (p *paper) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (p *paper) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (p *paper) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (p *paper) UpgradeResourceState(_ context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	t := p.resources[r.TypeName].ValueType()
	v, err := r.RawState.Unmarshal(t)
	if err != nil {
		return nil, err
	}
	state, err := tfprotov6.NewDynamicValue(t, v)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &state}, err
}

func (p *paper) ReadResource(_ context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{NewState: r.CurrentState}, nil
}

// PlanResourceChange takes what is proposed. What AWS would choose is not known until it is made.
func (p *paper) PlanResourceChange(_ context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	s := p.resources[r.TypeName]
	if prior, err := fieldsOf(r.PriorState, s); err != nil || prior != nil {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: r.ProposedNewState}, err
	}
	planned, err := changed(r.ProposedNewState, s, func(name string, a *tfprotov6.SchemaAttribute, _ map[string]tftypes.Value) tftypes.Value {
		return tftypes.NewValue(a.Type, tftypes.UnknownValue)
	})
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: planned}, err
}

// ApplyResourceChange fills in what AWS would choose, as far as names tell it.
func (p *paper) ApplyResourceChange(_ context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	applied, err := changed(r.PlannedState, p.resources[r.TypeName], func(name string, a *tfprotov6.SchemaAttribute, fields map[string]tftypes.Value) tftypes.Value {
		if v := p.chosen(r.TypeName, name, fields); v != "" {
			return tftypes.NewValue(tftypes.String, v)
		}
		return tftypes.NewValue(a.Type, nil)
	})
	return &tfprotov6.ApplyResourceChangeResponse{NewState: applied}, err
}

func (p *paper) ReadDataSource(_ context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	state, err := changed(r.Config, p.reads[r.TypeName], func(name string, a *tfprotov6.SchemaAttribute, fields map[string]tftypes.Value) tftypes.Value {
		if v := p.chosen(r.TypeName, name, fields); v != "" {
			return tftypes.NewValue(tftypes.String, v)
		}
		return tftypes.NewValue(a.Type, nil)
	})
	return &tfprotov6.ReadDataSourceResponse{State: state}, err
}

// account is the one of AWS's own examples.
const account = "123456789012"

// chosen is what AWS would answer for an attribute that nobody sets, or "".
func (p *paper) chosen(resource, attribute string, fields map[string]tftypes.Value) string {
	region := p.defaultRegionName
	name := func(of ...string) string {
		i := slices.IndexFunc(of, func(n string) bool { return text(fields[n]) != "" })
		if i < 0 {
			return ""
		}
		return text(fields[of[i]])
	}
	url := "https://sqs." + region + ".amazonaws.com/" + account + "/" + name("name")
	switch {
	case attribute == "region":
		return region
	case attribute == "arn" && resource == "aws_s3_bucket":
		return "arn:aws:s3:::" + name("bucket")
	case attribute == "arn" && resource == "aws_sqs_queue":
		return "arn:aws:sqs:" + region + ":" + account + ":" + name("name")
	case attribute == "arn" && resource == "aws_iam_role":
		return "arn:aws:iam::" + account + ":role/" + name("name")
	case resource == "aws_sqs_queue" && (attribute == "url" || attribute == "id"):
		return url
	case attribute == "id":
		return name("bucket", "queue_url", "name", "alarm_name")
	}
	return ""
}

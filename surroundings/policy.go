package surroundings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// policy is a resource policy as far as we read it (IAM user guide, "Grammar of the IAM JSON
// policy language").
type policy struct {
	Version   string     `json:"Version"`
	Statement statements `json:"Statement"`
}

// statements is a list that JSON may write as its only element.
type statements []statement

// UnmarshalJSON takes one statement or a list of them.
func (s *statements) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		data = slices.Concat([]byte("["), data, []byte("]"))
	}
	return json.Unmarshal(data, (*[]statement)(s))
}

// statement is one rule of a policy.
type statement struct {
	Sid       string                          `json:"Sid,omitempty"`
	Effect    string                          `json:"Effect"`
	Principal principal                       `json:"Principal,omitzero"`
	Action    oneOrMany                       `json:"Action"`
	Resource  oneOrMany                       `json:"Resource"`
	Condition map[string]map[string]oneOrMany `json:"Condition,omitempty"`
}

// parsePolicy reads a policy document.
func parsePolicy(text string) (*policy, error) {
	p := new(policy)
	if err := json.Unmarshal([]byte(text), p); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return p, nil
}

// oneOrMany is a list that JSON may write as its only element.
type oneOrMany []string

// UnmarshalJSON takes a value or a list; numbers and booleans are kept as they are written.
func (o *oneOrMany) UnmarshalJSON(data []byte) error {
	var many []any
	if err := json.Unmarshal(data, &many); err != nil {
		many = []any{nil}
		if err := json.Unmarshal(data, &many[0]); err != nil {
			return err
		}
	}
	*o = nil
	for _, v := range many {
		if f, ok := v.(float64); ok {
			v = int64(f)
		}
		*o = append(*o, fmt.Sprint(v))
	}
	return nil
}

// principal is "*" or a map of kinds.
type principal map[string]oneOrMany

// UnmarshalJSON reads "*" as {"AWS": "*"}, which means the same.
func (p *principal) UnmarshalJSON(data []byte) error {
	var all string
	if json.Unmarshal(data, &all) == nil {
		*p = principal{"AWS": {all}}
		return nil
	}
	return json.Unmarshal(data, (*map[string]oneOrMany)(p))
}

// condition finds the values of a condition key, whatever the case of its name, under any of the
// operators.
func (s statement) condition(key string, operators ...string) (values []string) {
	for op, keys := range s.Condition {
		if !slices.ContainsFunc(operators, func(o string) bool { return strings.EqualFold(op, o) }) {
			continue
		}
		for k, v := range keys {
			if strings.EqualFold(k, key) {
				values = append(values, v...)
			}
		}
	}
	return values
}

func (s statement) acts(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	return slices.ContainsFunc(s.Action, func(a string) bool {
		return a == "*" || strings.EqualFold(a, action) || strings.EqualFold(a, service+":*")
	})
}

func (s statement) concerns(service string) bool {
	return slices.Contains(s.Principal["Service"], service) || slices.Contains(s.Principal["AWS"], "*")
}

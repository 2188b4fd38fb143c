package config

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// reader walks a YAML document and collects everything that is wrong with it.
type reader struct {
	faults []fault
	lines  map[string]int // where each path stands
	bad    map[string]bool
}

// A field reads the value of one key; path is for its faults.
type field func(n *yaml.Node, path string)

type fields map[string]field

func (r *reader) fault(line int, path, format string, a ...any) {
	if r.bad == nil {
		r.bad = map[string]bool{}
	}
	r.bad[path] = true
	r.faults = append(r.faults, fault{line, path, fmt.Sprintf(format, a...)})
}

// faulty tells whether a path, or what it stands in, has a fault of reading already.
func (r *reader) faulty(path string) bool {
	for ; path != ""; path = path[:max(0, strings.LastIndex(path, "."))] {
		if r.bad[path] {
			return true
		}
	}
	return false
}

// line is where path stands, or else what it should stand in.
func (r *reader) line(path string, in *yaml.Node) int {
	for ; path != ""; path = path[:max(0, strings.LastIndex(path, "."))] {
		if l := r.lines[path]; l > 0 {
			return l
		}
	}
	return in.Line
}

// entries reads a mapping of free keys.
func (r *reader) entries(n *yaml.Node, path string, each func(key string, value *yaml.Node, path string)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, path, "must be a mapping of keys to values, not %s", kind(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag != "!!str":
			r.fault(key.Line, path, "key %.40q must be a name", key.Value)
		case seen[key.Value]:
			r.fault(key.Line, at, "stands twice")
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			r.fault(value.Line, at, "anchors and aliases are not read; write it out")
		default:
			r.lines[at] = key.Line
			each(key.Value, value, at)
		}
		seen[key.Value] = true
	}
}

// mapping reads a mapping of known keys.
func (r *reader) mapping(n *yaml.Node, path string, known fields) {
	r.entries(n, path, func(key string, value *yaml.Node, at string) {
		read, ok := known[key]
		if !ok {
			r.fault(r.lines[at], at, "is unknown; there is %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			return
		}
		read(value, at)
	})
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.Tag == "!!null":
		return "nothing"
	}
	return fmt.Sprintf("%.40q", n.Value)
}

// scalar tells whether n is a plain value of one of the tags; if not, it is a fault.
func (r *reader) scalar(n *yaml.Node, path, want string, tags ...string) bool {
	if n.Kind == yaml.ScalarNode && slices.Contains(tags, n.Tag) {
		return true
	}
	r.fault(n.Line, path, "must be %s, not %s", want, kind(n))
	return false
}

func (r *reader) refuse(n *yaml.Node, path string) { r.fault(r.lines[path], path, unsupported) }

func (r *reader) text(into *string) field {
	return func(n *yaml.Node, path string) {
		if r.scalar(n, path, "text", "!!str") {
			*into = n.Value
		}
	}
}

func (r *reader) texts(into *[]string) field {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.SequenceNode {
			r.fault(n.Line, path, "must be a list, not %s", kind(n))
			return
		}
		for _, item := range n.Content {
			if r.scalar(item, path, "a list of text", "!!str") {
				*into = append(*into, item.Value)
			}
		}
	}
}

func (r *reader) integer(into *int64) field {
	return func(n *yaml.Node, path string) {
		if !r.scalar(n, path, "a whole number", "!!int") {
			return
		}
		v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 64)
		if err != nil {
			r.fault(n.Line, path, "%.40q is no whole number that can be counted with", n.Value)
			return
		}
		*into = v
	}
}

func (r *reader) duration(into *time.Duration) field {
	return func(n *yaml.Node, path string) {
		if !r.scalar(n, path, "a duration such as 5m", "!!str") {
			return
		}
		d, err := time.ParseDuration(n.Value)
		if err != nil || d == 0 {
			r.fault(n.Line, path, "%.40q is no duration; write 5m, 90s or 1h", n.Value)
			return
		}
		*into = d
	}
}

var sizes = regexp.MustCompile(`^([0-9]{1,19}) ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$`)

var units = map[string]int64{
	"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}

func (r *reader) boolean(into *bool) field {
	return func(n *yaml.Node, path string) {
		if r.scalar(n, path, "true or false", "!!bool") {
			*into = strings.EqualFold(n.Value, "true")
		}
	}
}

func (r *reader) bytes(into *int64) field { return r.size(into, 1) }

// size reads a number of bytes of at least 0 or 1.
func (r *reader) size(into *int64, least int64) field {
	return func(n *yaml.Node, path string) {
		if !r.scalar(n, path, "a size such as 10MiB", "!!str", "!!int", "!!float") {
			return
		}
		m := sizes.FindStringSubmatch(n.Value)
		if m == nil {
			r.fault(n.Line, path, "%.40q is no size; write a whole number of bytes, or of KB, MB, GB, KiB, MiB, GiB", n.Value)
			return
		}
		v, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil || v > math.MaxInt64/units[m[2]] {
			r.fault(n.Line, path, "%.40q is larger than can be counted", n.Value)
			return
		}
		if v < least {
			r.fault(n.Line, path, "must be at least %d byte", least)
			return
		}
		*into = v * units[m[2]]
	}
}

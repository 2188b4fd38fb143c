package inspect

import "bytes"

// officeSpace is a namespace, as far as it matters whether an element is of it.
type officeSpace uint8

const (
	spaceNone    officeSpace = iota // none
	spaceOther                      // one that is not told from others
	spaceUnbound                    // its prefix stands for nothing
	spaceWord                       // of texts of Word
	spaceTypes                      // of content types
	spaceRels                       // of relationships
	spaceCompat                     // of alternatives (ECMA-376 part 3)
)

var officeSpaces = map[string]officeSpace{
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main": spaceWord,
	"http://purl.oclc.org/ooxml/wordprocessingml/main":             spaceWord,
	"http://schemas.microsoft.com/office/word/2003/wordml":         spaceWord,
	"http://schemas.openxmlformats.org/package/2006/content-types": spaceTypes,
	"http://schemas.openxmlformats.org/package/2006/relationships": spaceRels,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":  spaceCompat,
}

func spaceCalled(uri string) officeSpace {
	if s, ok := officeSpaces[uri]; ok {
		return s
	}
	if uri == "" {
		return spaceNone
	}
	return spaceOther
}

// officeBinding is a prefix that stands for a namespace, within an element.
type officeBinding struct {
	prefix string
	space  officeSpace
	depth  int32
}

const (
	mostBindings  = 1024 // at once
	longestPrefix = 255
)

// declare follows what a tag declares, where that is of interest.
func (x *xmlScan) declare(attrs []byte, closed bool) error {
	if !x.spaces || len(attrs) <= len("xmlns=") || !bytes.Contains(attrs, []byte("xmlns")) {
		return nil
	}
	depth := len(x.open)
	if closed {
		depth++
	}
	return x.bind(attrs, depth)
}

// bind follows the declarations of a tag at this depth.
func (x *xmlScan) bind(attrs []byte, depth int) (err error) {
	eachAttr(attrs, func(name, raw []byte) bool {
		if !isDeclaration(name) {
			return true
		}
		prefix := bytes.TrimPrefix(name[len("xmlns"):], []byte(":"))
		if len(x.bound) == mostBindings || len(prefix) > longestPrefix {
			err = x.malformed("it declares more namespaces than %d, or one with a long name", mostBindings)
			return false
		}
		x.bound = append(x.bound, officeBinding{string(prefix), spaceCalled(plainText(raw, mostValue)), int32(depth)})
		return true
	})
	return err
}

// unbind forgets the declarations of tags that are deeper.
func (x *xmlScan) unbind(depth int) {
	n := len(x.bound)
	for n > 0 && int(x.bound[n-1].depth) > depth {
		n--
	}
	x.bound = x.bound[:n]
}

func (x *xmlScan) spaceOf(prefix []byte) officeSpace {
	for i := len(x.bound) - 1; i >= 0; i-- {
		if b := &x.bound[i]; b.prefix == string(prefix) {
			return b.space
		}
	}
	if len(prefix) == 0 {
		return spaceNone
	}
	return spaceUnbound
}

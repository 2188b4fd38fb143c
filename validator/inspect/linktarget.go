package inspect

import "strings"

// badTarget says why a symbolic link called name must not lead to target, whatever the other links are;
// "" if it may.
func (k *links) badTarget(name, target string) string {
	switch why := unsafeShape(target); {
	case target == "/" || target == "\\":
		return "is an absolute path"
	case why != "":
		return why
	}
	if turns(target) && hasShortName(target) {
		return "goes up behind a name that may be short for another"
	}
	up := 0
	for part := range strings.FieldsFuncSeq(lookalikes.Replace(target), isSeparator) {
		if part == ".." {
			up++
		} else if why := unsafePart(part); why != "" {
			return why
		}
	}
	for part := range strings.FieldsFuncSeq(target, isSeparator) {
		if part == ".." {
			up--
		}
	}
	if up != 0 { // some are parents only for who takes one letter for another
		return "leads out of the archive"
	}
	for _, by := range waysToRead(name, target) {
		if why := leadsOut(name, target, by); why != "" {
			return why
		}
	}
	return ""
}

// leadsOut follows target as if there were no other links.
func leadsOut(name, target string, by folders) string {
	depth, n := -1, 0 // the link's own part is no folder
	for part := range strings.FieldsFuncSeq(name, by.isSeparator) {
		if part != "." {
			depth++
		}
	}
	for part := range strings.FieldsFuncSeq(target, by.isSeparator) {
		if n++; n > mostParts {
			return "is longer than a path can be"
		}
		switch part {
		case ".":
		case "..":
			if depth--; depth < 0 {
				return "leads out of the archive"
			}
		default:
			depth++
		}
	}
	return ""
}

// hasShortName tells whether a part of a path looks like what Windows makes for old programs besides a
// long name: LONGNA~1.TXT.
func hasShortName(path string) bool {
	for part := range strings.FieldsFuncSeq(path, isSeparator) {
		stem, ext, _ := strings.Cut(part, ".")
		i := strings.LastIndexByte(stem, '~')
		if i > 0 && len(stem) <= 8 && len(ext) <= 3 && i+1 < len(stem) && strings.Trim(stem[i+1:], "0123456789") == "" {
			return true
		}
	}
	return false
}

// turns tells whether a target goes up behind a name: then what that name is decides where.
func turns(target string) bool {
	named := false
	for part := range strings.FieldsFuncSeq(target, isSeparator) {
		switch {
		case part == ".." && named:
			return true
		case part != ".." && part != ".":
			named = true
		}
	}
	return false
}

package main

import (
	"fmt"
	"go/doc/comment"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// widthOf is how many columns a person sees at w; 0 where nobody looks, so that programs get lines
// that are whole.
func widthOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// leastText is the narrowest column that is worth breaking text into.
const leastText = 20

// printBeside prints head, and text to its right, broken into a column of its own where it would
// pass width; 0 breaks nothing.
func printBeside(w io.Writer, width int, head, text string) {
	if room := width - len(head); room >= leastText && len(text) > room {
		p := comment.Printer{TextPrefix: strings.Repeat(" ", len(head)), TextWidth: room}
		text = strings.TrimSpace(string(p.Text(&comment.Doc{Content: []comment.Block{&comment.Paragraph{Text: []comment.Text{comment.Plain(text)}}}})))
	}
	fmt.Fprintln(w, head+text)
}

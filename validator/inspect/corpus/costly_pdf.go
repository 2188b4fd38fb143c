package corpus

import (
	"bytes"
	"fmt"
	"strings"
)

func pdfCostly() []Case {
	const size = 8 << 20
	cases := []Case{}
	add := func(name string, make func(b *bytes.Buffer)) {
		cases = append(cases, honestFile("pdf-costly-"+name+".pdf", pdfType, func() []byte {
			var b bytes.Buffer
			b.WriteString("%PDF-1.7\n")
			make(&b)
			b.WriteString("\nendstream endobj trailer<<>>\n%%EOF")
			return b.Bytes()
		}))
	}
	fill := func(format string) func(b *bytes.Buffer) {
		return func(b *bytes.Buffer) {
			for i := 1; b.Len() < size-200; i++ {
				if strings.Contains(format, "%") {
					fmt.Fprintf(b, format, i)
				} else {
					b.WriteString(format)
				}
			}
		}
	}
	// What is kept: numbers of files, strings that are hostile, streams.
	add("with-many-files-elsewhere", fill("<</F %d 0 R>>"))
	add("with-many-files-in-an-object", func(b *bytes.Buffer) { b.WriteString("1 0 obj ["); fill("<</F %d 0 R>>")(b) })
	add("with-many-hostile-strings", fill("1 0 obj(//a%d)"))
	add("with-many-names-in-a-string", func(b *bytes.Buffer) { b.WriteString("1 0 obj ("); fill("/JS ")(b); b.WriteString(") endobj") })
	add("with-many-names-in-comments", func(b *bytes.Buffer) { b.WriteString("1 0 obj <<" + strings.Repeat("\r%/JS", 7<<20/5) + "\n>>") })
	add("with-many-texts-elsewhere", fill("1 0 obj(ab:)"))
	add("with-many-object-streams", fill("1 0 obj<</N 1/First 1>>stream\n0"))
	add("with-many-lengths-elsewhere", fill("1 0 obj<</Type/EmbeddedFile/Length %d 0 R>>stream\n"))
	add("with-many-addresses-of-many-readings", fill("1 0 obj<</URI(\x00\x1b"+strings.Repeat("\u0635%%41", 450)+"%d)>>\n"))
	add("with-many-dictionaries-that-end-as-values", fill("1 0 obj<</A>>"))
	add("with-many-strings-for-keys", fill("1 0 obj<<(<<(<<(<<("))
	add("with-many-short-names-of-files", fill("1 0 obj<</F(a.b%d)>>"))
	add("with-many-values-in-an-object-stream", func(b *bytes.Buffer) {
		b.WriteString("1 0 obj<</Type/ObjStm/N 1/First 3>>stream\n1 0")
		fill(" 1")(b)
	})
	// What is fetched or computed: ends, objects and streams that lie in one another.
	add("with-attachments-that-end-alike", fill("1 0 obj<</EF<</F 1 0 R>>>>stream\nxx\n"))
	add("with-attachments-that-are-documents", fill("1 0 obj<</Type/EmbeddedFile>>stream\n%%PDF-1.7 %d\n"))
	add("with-attachments-far-from-one-another", fill("1 0 obj<</EF<</F 2 0 R>>/Type/EmbeddedFile>>stream\n"+strings.Repeat("x", 4000)+"endstream 2 0 obj<<>>stream\n"))
	add("with-dictionaries-that-never-end", fill("1 0 obj<</A 1 endobj "))
	add("with-strings-that-never-end", fill("1 0 obj("))
	add("with-offsets-into-one-value", func(b *bytes.Buffer) {
		table := strings.Builder{}
		for i := range 20_000 {
			fmt.Fprintf(&table, "1 %d ", 2*i+1)
		}
		fmt.Fprintf(b, "1 0 obj<</Type/ObjStm/N 20000/First %d>>stream\n%s", table.Len(), table.String())
		b.WriteString("[" + strings.Repeat("[]", 20_000))
		fill(" ")(b)
	})
	add("with-a-packed-object-that-unpacks-to-much", func(b *bytes.Buffer) {
		filter, data := flated("[" + strings.Repeat("()<<>>", 8<<20) + "]")
		fmt.Fprintf(b, "1 0 obj<</Type/ObjStm/N 1/First 0 %s>>stream\n%s", filter, data)
	})
	return cases
}

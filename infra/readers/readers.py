"""Readers in Python: readers.py pdfium|libxml2|python, each a process of its own.

It reads a file's path a line and answers a line of JSON for each: whether the reader opened the file, and
what it saw in it, as pairs of a kind and a text. Which of that is a finding is for judge.go to say.
"""
import ctypes
import json
import os
import sys

CANARY = os.environ["AIRLOCK_CANARY"]  # the text of a local file that no document may disclose


def main():
    look = {"pdfium": pdfium, "libxml2": libxml2, "python": python}[sys.argv[1]]()
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin:
        saw = []
        opened = bool(look(line.rstrip("\n"), lambda kind, text="": saw.append([kind, str(text)])))
        os.write(out, json.dumps({"opened": opened, "saw": saw}).encode() + b"\n")


def pdfium():
    import pypdfium2.raw as r

    r.FPDF_InitLibrary()

    def text(ask, wide=False):
        n = ask(None, 0)
        if not 0 < n < 1 << 20:
            return ""
        b = ctypes.create_string_buffer(n)
        ask(ctypes.cast(b, ctypes.POINTER(ctypes.c_ushort)) if wide else b, n)
        return b.raw[:n].decode("utf-16-le" if wide else "utf-8", "replace").rstrip("\0")

    def action(doc, a, saw):
        kind = r.FPDFAction_GetType(a) if a else 0
        if kind == r.PDFACTION_URI:
            saw("link", text(lambda b, n: r.FPDFAction_GetURIPath(doc, a, b, n)))
        elif kind == r.PDFACTION_REMOTEGOTO:
            saw("remote", text(lambda b, n: r.FPDFAction_GetFilePath(a, b, n)))
        elif kind in (r.PDFACTION_EMBEDDEDGOTO, r.PDFACTION_LAUNCH):
            saw("action", f"PDFACTION {kind} {text(lambda b, n: r.FPDFAction_GetFilePath(a, b, n))}")

    def bookmarks(doc, saw):
        left, todo = 1000, [r.FPDFBookmark_GetFirstChild(doc, None)]
        while todo and left:
            left, b = left - 1, todo.pop()
            if b:
                action(doc, r.FPDFBookmark_GetAction(b), saw)
                todo += [r.FPDFBookmark_GetNextSibling(doc, b), r.FPDFBookmark_GetFirstChild(doc, b)]

    def page(doc, form, p, saw):
        r.FORM_OnAfterLoadPage(p, form)
        at, link = ctypes.c_int(0), r.FPDF_LINK()
        while r.FPDFLink_Enumerate(p, at, link):
            action(doc, r.FPDFLink_GetAction(link), saw)
        for i in range(min(r.FPDFPage_GetAnnotCount(p), 100)):
            a = r.FPDFPage_GetAnnot(p, i)
            if not a:
                continue
            for event in range(r.FPDF_ANNOT_AACTION_KEY_STROKE, r.FPDF_ANNOT_AACTION_CALCULATE + 1):
                js = text(lambda b, n: r.FPDFAnnot_GetFormAdditionalActionJavaScript(form, a, event, b, n), True)
                if js:
                    saw("script", js)
            if r.FPDFAnnot_GetSubtype(a) == r.FPDF_ANNOT_LINK:
                action(doc, r.FPDFLink_GetAction(r.FPDFAnnot_GetLink(a)), saw)
            attached = r.FPDFAnnot_GetFileAttachment(a)
            if attached:
                saw("attachment", text(lambda b, n: r.FPDFAttachment_GetName(attached, b, n), True))
            r.FPDFPage_CloseAnnot(a)

    def look(path, saw):
        with open(path, "rb") as f:
            data = f.read()
        doc = r.FPDF_LoadMemDocument64(data, len(data), None)
        if not doc:
            return False
        info = r.FPDF_FORMFILLINFO(version=2)
        form = r.FPDFDOC_InitFormFillEnvironment(doc, info)
        n = r.FPDFDoc_GetJavaScriptActionCount(doc)
        if n > 0:
            saw("script", f"{n} in the document's names")
        for i in range(max(0, min(r.FPDFDoc_GetAttachmentCount(doc), 100))):
            a = r.FPDFDoc_GetAttachment(doc, i)
            saw("attachment", text(lambda b, n: r.FPDFAttachment_GetName(a, b, n), True))
        bookmarks(doc, saw)
        pages = r.FPDF_GetPageCount(doc)
        for i in range(min(pages, 20)):
            p = r.FPDF_LoadPage(doc, i)
            if p:
                page(doc, form, p, saw)
                r.FORM_OnBeforeClosePage(p, form)
                r.FPDF_ClosePage(p)
        r.FPDFDOC_ExitFormFillEnvironment(form)
        r.FPDF_CloseDocument(doc)
        return pages > 0

    return look


def libxml2():
    from lxml import etree

    class Asked(etree.Resolver):
        def resolve(self, url, public, context):
            if url and url != self.path:
                self.saw("load", url)
            return None  # as if it were not here

    def look(path, saw):
        parser = etree.XMLParser()
        asked = Asked()
        asked.path, asked.saw = path, saw
        parser.resolvers.add(asked)
        try:
            tree = etree.parse(path, parser)
        except (etree.XMLSyntaxError, OSError):  # the latter where the bytes are not of its charset
            return False
        disclosed(etree.tostring(tree), saw)
        try:
            tree.xinclude()
        except etree.XIncludeError:
            return True
        disclosed(etree.tostring(tree), saw)
        return True

    return look


def python():
    import xml.sax
    import xml.sax.handler
    from xml.dom import minidom, pulldom
    from xml.etree import ElementTree

    class Texts(xml.sax.handler.ContentHandler):
        def __init__(self):
            self.all = []

        def characters(self, content):
            self.all.append(content)

        def processingInstruction(self, target, data):
            self.all.append(data)

    def sax(path):
        t = Texts()
        xml.sax.parse(path, t)
        return "".join(t.all)

    ways = [
        lambda path: ElementTree.tostring(ElementTree.parse(path).getroot(), "unicode"),
        lambda path: minidom.parse(path).toxml(),
        lambda path: "".join(node.toxml() for _, node in pulldom.parse(path)),
        sax,
    ]

    def look(path, saw):
        opened = False
        for way in ways:
            try:
                disclosed(way(path).encode("utf-8", "replace"), saw)
                opened = True
            except Exception:  # not well-formed, or what this parser does not take
                pass
        return opened

    return look


def disclosed(b, saw):
    if CANARY.encode() in b:
        saw("disclosed", "the content of a local file")


main()

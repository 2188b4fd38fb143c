"""Office documents by Python's libraries: office.py DIR MATERIALS"""
import datetime
import os
import sys
import traceback

root, materials = sys.argv[1:]
photo = os.path.join(materials, "photo.jpg")
small = os.path.join(materials, "small.png")
animated = os.path.join(materials, "clip.mp4")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
OPEN = "application/vnd.oasis.opendocument."


def place(name):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def word():
    import docx

    docx.Document().save(place(f"{WORD}/python-docx-empty.docx"))
    d = docx.Document()
    d.core_properties.title = "A report"
    d.add_heading("Überschrift", 0)
    p = d.add_paragraph("Some ")
    p.add_run("bold").bold = True
    p.add_run(" text, 日本語, =cmd|' /C calc'!A0, <script>.")
    for style in ("List Bullet", "List Number", "Intense Quote"):
        d.add_paragraph("an item", style=style)
    table = d.add_table(rows=3, cols=3, style="Light Grid Accent 1")
    for row in table.rows:
        for cell in row.cells:
            cell.text = "cell"
    if os.path.exists(photo):
        d.add_picture(photo, width=docx.shared.Cm(8))
        d.add_picture(small)
    d.add_page_break()
    section = d.add_section()
    section.header.paragraphs[0].text = "header"
    section.footer.paragraphs[0].text = "footer"
    link(d.add_paragraph("see "), "https://example.org/a?b=c&d=e", "a link")
    if hasattr(d, "add_comment"):
        d.add_comment(p.runs, text="a comment", author="me")
    d.save(place(f"{WORD}/python-docx-all.docx"))
    d = docx.Document()
    for i in range(2000):
        d.add_paragraph(f"Paragraph {i} of a long text. " * 5)
    d.save(place(f"{WORD}/python-docx-long.docx"))


def link(paragraph, url, text):
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    rid = paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    h = OxmlElement("w:hyperlink")
    h.set(qn("r:id"), rid)
    r, t = OxmlElement("w:r"), OxmlElement("w:t")
    t.text = text
    r.append(t)
    h.append(r)
    paragraph._p.append(h)


def openpyxl_sheets():
    import openpyxl
    from openpyxl.chart import BarChart, PieChart, Reference
    from openpyxl.comments import Comment
    from openpyxl.worksheet.datavalidation import DataValidation

    openpyxl.Workbook().save(place(f"{SHEET}/openpyxl-empty.xlsx"))
    b = openpyxl.Workbook()
    s = b.active
    s.append(["name", "value", "when"])
    for i in range(50):
        s.append([f"row {i}", i * 1.5, datetime.date(2023, 1, 1)])
    s["D1"] = "=SUM(B2:B51)"
    s["D2"] = '=HYPERLINK("https://example.org","here")'
    s["A1"].hyperlink = "https://example.org/"
    s["A1"].comment = Comment("a comment", "me")
    s.add_data_validation(DataValidation(type="list", formula1='"a,b"'))
    s.freeze_panes = "A2"
    for kind, at in ((BarChart, "F2"), (PieChart, "F20")):
        chart = kind()
        chart.add_data(Reference(s, min_col=2, min_row=1, max_row=10), titles_from_data=True)
        s.add_chart(chart, at)
    if os.path.exists(small):
        s.add_image(openpyxl.drawing.image.Image(small), "K2")
    b.create_sheet("Zweites Blatt")["A1"] = "ü"
    b.defined_names["all"] = openpyxl.workbook.defined_name.DefinedName("all", attr_text="Sheet!$A$1:$B$5")
    b.save(place(f"{SHEET}/openpyxl-all.xlsx"))
    b = openpyxl.Workbook(write_only=True)
    s = b.create_sheet()
    for i in range(5000):
        s.append([i, "text", i / 3])
    b.save(place(f"{SHEET}/openpyxl-write-only.xlsx"))


def xlsxwriter_sheets():
    import xlsxwriter

    b = xlsxwriter.Workbook(place(f"{SHEET}/xlsxwriter-all.xlsx"))
    b.set_properties({"title": "t", "author": "a"})
    s = b.add_worksheet("Data")
    bold = b.add_format({"bold": True, "num_format": "0.00", "bg_color": "#ff0"})
    for i in range(100):
        s.write_row(i, 0, [i, f"text {i}", i * i], bold)
    s.write_url("E1", "https://example.org")
    s.write_url("E2", "internal:Data!A1")
    s.write_url("E3", "mailto:someone@example.org")
    s.write_comment("A1", "a comment")
    s.write_formula("E4", "=SUM(A1:A10)")
    s.add_table("G1:H5", {"columns": [{"header": "x"}, {"header": "y"}]})
    s.add_sparkline("J1", {"range": "A1:A10"})
    s.conditional_format("A1:A100", {"type": "3_color_scale"})
    s.insert_textbox("K5", "a box")
    s.insert_button("M5", {"caption": "a button without a macro"})
    if os.path.exists(photo):
        s.insert_image("K10", photo, {"url": "https://example.org"})
    for kind in ("line", "scatter", "column"):
        chart = b.add_chart({"type": kind})
        chart.add_series({"values": "=Data!$A$1:$A$10", "categories": "=Data!$B$1:$B$10"})
        s.insert_chart("G20", chart)
    chart = b.add_chart({"type": "bar", "subtype": "stacked"})
    chart.add_series({"values": "=Data!$A$1:$A$10"})
    b.add_chartsheet().set_chart(chart)
    b.close()
    for name, options in (("constant-memory", {"constant_memory": True}), ("zip64", {"use_zip64": True}), ("in-memory", {"in_memory": True})):
        b = xlsxwriter.Workbook(place(f"{SHEET}/xlsxwriter-{name}.xlsx"), options)
        s = b.add_worksheet()
        for i in range(1000):
            s.write_row(i, 0, [i, "abc", 1.5])
        b.close()


def slides():
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Cm

    pptx.Presentation().save(place(f"{SLIDES}/python-pptx-empty.pptx"))
    p = pptx.Presentation()
    s = p.slides.add_slide(p.slide_layouts[0])
    s.shapes.title.text = "Titel"
    s.notes_slide.notes_text_frame.text = "notes"
    s = p.slides.add_slide(p.slide_layouts[5])
    data = CategoryChartData()
    data.categories = ["a", "b"]
    data.add_series("s", (1.5, 2.5))
    s.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(4), Cm(10), Cm(8), data)
    s.shapes.add_table(3, 3, Cm(12), Cm(4), Cm(8), Cm(4))
    box = s.shapes.add_textbox(Cm(1), Cm(13), Cm(8), Cm(2))
    run = box.text_frame.paragraphs[0].add_run()
    run.text, run.hyperlink.address = "a link", "https://example.org"
    box.click_action.target_slide = p.slides[0]
    if os.path.exists(photo):
        s.shapes.add_picture(photo, Cm(12), Cm(9), Cm(6))
    p.save(place(f"{SLIDES}/python-pptx-all.pptx"))
    if os.path.exists(animated):
        p.slides[0].shapes.add_movie(animated, Cm(1), Cm(1), Cm(5), Cm(4), poster_frame_image=small, mime_type="video/mp4")
        p.save(place(f"{SLIDES}/python-pptx-movie.pptx"))
    p = pptx.Presentation()
    s = p.slides.add_slide(p.slide_layouts[6])
    for embedded in (f"{SHEET}/openpyxl-all.xlsx", f"{WORD}/python-docx-all.docx"):
        if os.path.exists(place(embedded)):
            prog = pptx.enum.shapes.PROG_ID.XLSX if embedded.endswith("xlsx") else pptx.enum.shapes.PROG_ID.DOCX
            s.shapes.add_ole_object(place(embedded), prog, Cm(1), Cm(1), Cm(5), Cm(4), icon_file=small if os.path.exists(small) else None)
    p.save(place(f"{SLIDES}/python-pptx-embedded-documents.pptx"))


def old_sheets():
    import xlwt

    for n, name in ((3, "small"), (3000, "long")):
        b = xlwt.Workbook(encoding="utf-8")
        s = b.add_sheet("Blatt 1")
        for i in range(n):
            s.write(i, 0, f"ü {i}")
            s.write(i, 1, i * 0.5, xlwt.easyxf("font: bold on", num_format_str="0.00"))
        s.write(0, 3, xlwt.Formula('SUM(B1:B3)'))
        s.write(1, 3, xlwt.Formula('HYPERLINK("https://example.org";"here")'))
        b.save(place(f"application/vnd.ms-excel/xlwt-{name}.xls"))


def open_documents():
    from odf import draw, opendocument, style, table, text

    t = opendocument.OpenDocumentText()
    t.text.addElement(text.H(outlinelevel=1, text="Heading"))
    p = text.P(text="A paragraph with ")
    p.addElement(text.A(href="https://example.org", type="simple", text="a link"))
    t.text.addElement(p)
    if os.path.exists(photo):
        frame = draw.Frame(width="8cm", height="6cm", anchortype="paragraph")
        frame.addElement(draw.Image(href=t.addPicture(photo)))
        p.addElement(frame)
    t.save(place(f"{OPEN}text/odfpy.odt"))
    s = opendocument.OpenDocumentSpreadsheet()
    tab = table.Table(name="T")
    for i in range(20):
        row = table.TableRow()
        cell = table.TableCell(valuetype="float", value=str(i))
        cell.addElement(text.P(text=str(i)))
        row.addElement(cell)
        tab.addElement(row)
    s.spreadsheet.addElement(tab)
    s.save(place(f"{OPEN}spreadsheet/odfpy.ods"))
    d = opendocument.OpenDocumentPresentation()
    layout = style.PageLayout(name="L")
    d.automaticstyles.addElement(layout)
    d.masterstyles.addElement(style.MasterPage(name="M", pagelayoutname=layout))
    page = draw.Page(masterpagename="M")
    d.presentation.addElement(page)
    d.save(place(f"{OPEN}presentation/odfpy.odp"))


failed = False
for part in (word, openpyxl_sheets, xlsxwriter_sheets, slides, old_sheets, open_documents):
    try:
        part()
    except Exception:  # the others can still be made
        traceback.print_exc()
        failed = True
sys.exit(failed)

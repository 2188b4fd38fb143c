"""PDFs by Python's libraries: pdf.py DIR MATERIALS"""
import os
import sys
import traceback

root, materials = sys.argv[1:]
photo = os.path.join(materials, "photo.jpg")


def place(name):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def reportlab_files():
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen import canvas

    c = canvas.Canvas(place("application/pdf/reportlab.pdf"), pagesize=A4)
    c.setTitle("A report (with parentheses) \\ and more")
    for page in range(3):
        c.bookmarkPage(f"p{page}")
        c.addOutlineEntry(f"Page {page}", f"p{page}")
        c.drawString(72, 700, "JavaScript /JS /Launch is only a text here")
        c.linkURL("https://example.org/?a=b", (72, 650, 200, 670))
        c.linkRect("next", "p0", (72, 600, 200, 620))
        if os.path.exists(photo):
            c.drawImage(photo, 72, 300, 200, 150)
        c.showPage()
    c.showOutline()
    c.save()
    c = canvas.Canvas(place("application/pdf/reportlab-form.pdf"))
    c.acroForm.textfield(name="name", x=72, y=700, tooltip="your name")
    c.acroForm.checkbox(name="yes", x=72, y=650)
    c.acroForm.choice(name="which", options=["a", "b"], value="a", x=72, y=600)
    c.acroForm.radio(name="r", value="1", x=72, y=550)
    c.acroForm.radio(name="r", value="2", x=102, y=550)
    c.showPage()
    c.save()
    c = canvas.Canvas(place("application/pdf/reportlab-uncompressed.pdf"), pageCompression=0)
    c.drawString(72, 700, "plain")
    c.save()
    c = canvas.Canvas(place("application/pdf/reportlab-invariant.pdf"), invariant=1, pdfVersion=(1, 7))
    c.setPageTransition("Wipe", 1)
    c.drawString(72, 700, "plain")
    c.save()


def fpdf_files():
    import fpdf

    p = fpdf.FPDF()
    p.add_page()
    p.set_font("Helvetica", size=12)
    p.cell(text="Hello", link="https://example.org")
    p.start_section("one")
    with p.table() as table:
        for row in range(5):
            table.row([f"{row}", "x", "y"])
    if os.path.exists(photo):
        p.image(photo, w=60)
    p.text_annotation(10, 10, "a note")
    p.output(place("application/pdf/fpdf.pdf"))
    p = fpdf.FPDF()
    p.add_page()
    p.set_font("Helvetica", size=12)
    p.cell(text="with a file")
    p.embed_file(bytes=b"a,b\n1,2\n", basename="data.csv")
    p.output(place("application/pdf/fpdf-embedded-csv.pdf"))
    p = fpdf.FPDF()
    p.set_page_background((200, 220, 255))
    p.add_page()
    p.set_display_mode("fullpage", "two")
    p.output(place("application/pdf/fpdf-display-mode.pdf"))
    p = fpdf.FPDF()
    p.set_encryption(owner_password="owner", user_password="secret")
    p.add_page()
    p.output(place("refused/encrypted/fpdf.pdf"))


def pikepdf_files():
    import pikepdf
    from pikepdf import Array, Dictionary, Name, String

    def blank():
        pdf = pikepdf.new()
        pdf.add_blank_page()
        return pdf

    pdf = blank()
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.FitH, 800])
    pdf.save(place("application/pdf/pikepdf-open-action-destination.pdf"))
    pdf = blank()
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]))
    pdf.save(place("application/pdf/pikepdf-open-action-goto.pdf"))
    pdf = blank()
    pdf.Root.OpenAction = Dictionary(S=Name.Named, N=Name("/FirstPage"))
    pdf.save(place("application/pdf/pikepdf-open-action-named.pdf"))
    pdf = blank()
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    with pdf.open_metadata() as meta:
        meta["dc:title"] = "/JavaScript in the metadata"
    pdf.save(place("application/pdf/pikepdf-labels-and-metadata.pdf"), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    pdf = blank()
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([10, 10, 30, 30]), Contents=String("see (JavaScript) below"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([50, 10, 90, 30]), A=Dictionary(S=Name.URI, URI=String("https://example.org/#JS")))
    pdf.pages[0].Annots = pdf.make_indirect(Array([note, link]))
    pdf.save(place("application/pdf/pikepdf-notes-and-links.pdf"), linearize=True)

    pdf = blank()
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert('hello')"))
    pdf.save(place("refused/active_content/pikepdf-script.pdf"))
    pdf.save(place("refused/active_content/pikepdf-script-in-object-stream.pdf"), object_stream_mode=pikepdf.ObjectStreamMode.generate)
    pdf = blank()
    pdf.Root.OpenAction = Dictionary(S=Name.Launch, F=String("calc.exe"))
    pdf.save(place("refused/active_content/pikepdf-launch.pdf"))


failed = False
for part in (reportlab_files, fpdf_files, pikepdf_files):
    try:
        part()
    except Exception:  # the others can still be made
        traceback.print_exc()
        failed = True
sys.exit(failed)

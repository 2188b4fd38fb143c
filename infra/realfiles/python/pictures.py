"""Pictures by Pillow: pictures.py DIR MATERIALS"""
import os
import sys

import PIL.Image
import PIL.PngImagePlugin

root, materials = sys.argv[1:]


def save(name, image, **options):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        image.save(path, **options)
    except (OSError, ValueError, KeyError) as e:
        print(name, e)
        if os.path.exists(path):
            os.remove(path)


photo = PIL.Image.open(os.path.join(materials, "photo.png")).convert("RGB")
frames = [photo.rotate(i * 20).resize((120, 90)) for i in range(5)]
exif = PIL.Image.Exif()
exif[0x010F], exif[0x0110], exif[0x0112] = "Phone", "Phone 12", 6

save("image/jpeg/pillow.jpg", photo, quality=90)
save("image/jpeg/pillow-progressive.jpg", photo, progressive=True, optimize=True)
save("image/jpeg/pillow-exif.jpg", photo, exif=exif, dpi=(300, 300), comment="note")
save("image/jpeg/pillow-cmyk.jpg", photo.convert("CMYK"))
save("image/jpeg/pillow-gray.jpg", photo.convert("L"), subsampling=0)
save("image/jpeg/pillow-rgb.jpg", photo, keep_rgb=True)
save("image/jpeg/pillow-many-pictures.jpg", photo, format="MPO", save_all=True, append_images=frames)
save("image/jpeg/pillow-restarts.jpg", photo, restart_marker_blocks=8)

save("refused/pixel_limit/too-wide.png", PIL.Image.new("L", (40000, 10)))
save("refused/pixel_limit/too-many-pixels.png", PIL.Image.new("1", (20000, 20000)))
save("application/pdf/pillow-fax.pdf", photo.convert("1"))
save("application/pdf/pillow-cmyk.pdf", photo.convert("CMYK"))

texts = PIL.PngImagePlugin.PngInfo()
texts.add_text("Title", "x" * 3000, zip=True)
texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", zip=True)
for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
    image = photo.convert("L").convert("I;16") if mode == "I;16" else photo.convert(mode)
    save(f"image/png/pillow-{mode.lower().replace(';', '')}.png", image, pnginfo=texts, exif=exif)
save("image/png/pillow-animated.png", frames[0], save_all=True, append_images=frames[1:], duration=80, loop=0)
save("image/apng/pillow-animated.png", frames[0], save_all=True, append_images=frames[1:], duration=80)
save("image/apng/pillow-hidden-default.png", frames[0], save_all=True, append_images=frames[1:], default_image=True)

save("image/gif/pillow.gif", photo)
save("image/gif/pillow-animated.gif", frames[0], save_all=True, append_images=frames[1:], loop=0, disposal=2)
save("image/gif/pillow-comment.gif", photo, comment=b"a comment " * 60)
save("image/webp/pillow.webp", photo, exif=exif, icc_profile=b"")
save("image/webp/pillow-lossless.webp", photo.convert("RGBA"), lossless=True)
save("image/webp/pillow-animated.webp", frames[0], save_all=True, append_images=frames[1:], duration=80)
save("image/avif/pillow.avif", photo, speed=10, exif=exif)
save("image/avif/pillow-animated.avif", frames[0], save_all=True, append_images=frames[1:], speed=10)
save("application/pdf/pillow.pdf", photo)
save("application/pdf/pillow-pages.pdf", frames[0], save_all=True, append_images=frames[1:], title="pages")

try:
    import pillow_heif

    pillow_heif.register_heif_opener()
    for kind in ("heic", "heif"):
        save(f"image/{kind}/pillow-heif.{kind}", photo, format="HEIF", exif=exif)
        save(f"image/{kind}/pillow-heif-several.{kind}", frames[0], format="HEIF", save_all=True, append_images=frames[1:])
        save(f"image/{kind}/pillow-heif-gray.{kind}", photo.convert("L"), format="HEIF")
except ImportError as e:
    print(e)

try:
    import svgwrite

    for profile in ("full", "tiny"):
        os.makedirs(os.path.join(root, "image/svg+xml"), exist_ok=True)
        drawing = svgwrite.Drawing(os.path.join(root, f"image/svg+xml/svgwrite-{profile}.svg"), size=("200px", "100px"), profile=profile)
        drawing.add(drawing.line((0, 0), (190, 90), stroke=svgwrite.rgb(10, 10, 16, "%")))
        drawing.add(drawing.text("text", insert=(10, 20), fill="red"))
        if profile == "full":
            drawing.add(drawing.linearGradient(id="g"))
            group = drawing.add(drawing.g(id="shapes", fill="url(#g)"))
            group.add(drawing.rect((5, 5), (20, 20), rx=2))
            group.add(drawing.path("M10 10 h 50 v 50 z"))
        drawing.save()
except ImportError as e:
    print(e)

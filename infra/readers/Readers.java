import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import javax.xml.parsers.*;
import javax.xml.stream.*;
import javax.xml.transform.*;
import javax.xml.transform.stream.*;
import org.xml.sax.*;
import org.xml.sax.ext.DefaultHandler2;

/** Java's XML parsers, each as its factory makes it. It reads and answers as readers.py does. */
class Readers {
  /** A parser's look at a file: all text that it hands on. */
  interface Look {
    String at(File f) throws Exception;
  }

  static final String CANARY = System.getenv("AIRLOCK_CANARY");

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      boolean opened = false, disclosed = false;
      for (Look look : List.<Look>of(Readers::dom, Readers::sax, Readers::stax, Readers::transformed)) {
        try {
          disclosed |= look.at(new File(line)).contains(CANARY);
          opened = true;
        } catch (Exception | StackOverflowError e) {
          disclosed |= String.valueOf(e.getMessage()).contains(CANARY);
        }
      }
      answers.println("{\"opened\": " + opened + ", \"saw\": ["
          + (disclosed ? "[\"disclosed\", \"the content of a local file\"]" : "") + "]}");
      answers.flush();
    }
  }

  static String dom(File f) throws Exception {
    DocumentBuilder b = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    b.setErrorHandler(new DefaultHandler2());
    StringWriter out = new StringWriter();
    var doc = b.parse(f);
    TransformerFactory.newInstance().newTransformer().transform(new javax.xml.transform.dom.DOMSource(doc), new StreamResult(out));
    return out.toString();
  }

  static String sax(File f) throws Exception {
    StringBuilder out = new StringBuilder();
    DefaultHandler2 h = new DefaultHandler2() {
      @Override public void characters(char[] c, int from, int n) { out.append(c, from, n); }
      @Override public void processingInstruction(String target, String data) { out.append(data); }
      @Override public void comment(char[] c, int from, int n) { out.append(c, from, n); }
      @Override public InputSource resolveEntity(String name, String publicId, String base, String systemId) { return null; }
    };
    XMLReader r = SAXParserFactory.newInstance().newSAXParser().getXMLReader();
    r.setContentHandler(h);
    r.setProperty("http://xml.org/sax/properties/lexical-handler", h);
    r.parse(f.toURI().toString());
    return out.toString();
  }

  static String stax(File f) throws Exception {
    StringBuilder out = new StringBuilder();
    try (InputStream in = new FileInputStream(f)) {
      XMLStreamReader r = XMLInputFactory.newInstance().createXMLStreamReader(f.toURI().toString(), in);
      while (r.hasNext()) {
        r.next();
        if (r.hasText()) out.append(r.getText());
        if (r.getEventType() == XMLStreamConstants.PROCESSING_INSTRUCTION) out.append(r.getPIData());
      }
    }
    return out.toString();
  }

  static String transformed(File f) throws Exception {
    StringWriter out = new StringWriter();
    Transformer t = TransformerFactory.newInstance().newTransformer();
    t.setErrorListener(new Quiet());
    t.transform(new StreamSource(f), new StreamResult(out));
    return out.toString();
  }

  static class Quiet implements ErrorListener {
    @Override public void warning(TransformerException e) {}
    @Override public void error(TransformerException e) throws TransformerException { throw e; }
    @Override public void fatalError(TransformerException e) throws TransformerException { throw e; }
  }
}

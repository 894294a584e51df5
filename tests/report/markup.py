# SPDX-License-Identifier: MIT
"""A page of HTML taken apart: what it is made of, and what is wrong with it."""
import re
from html.parser import HTMLParser

VOID = {'meta', 'br', 'link', 'img', 'input', 'hr', 'base', 'source', 'embed', 'area', 'col', 'wbr', 'track', 'param'}
FORBIDDEN = {'script', 'link', 'img', 'iframe', 'object', 'embed', 'base', 'form', 'input', 'audio', 'video', 'source',
             'image', 'foreignobject', 'track', 'portal', 'frame', 'applet'}
COMMIT = re.compile(r'https://git\.kernel\.org/linus/[0-9a-f]{10,12}$')


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, dict(attributes), parent
        self.children = []  # elements and texts

    def walk(self):
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag):
        return [e for e in self.walk() if e.tag == tag]

    def text(self):
        return ''.join(c if isinstance(c, str) else c.text() for c in self.children)

    def find(self, name):
        found = [e for e in self.walk() if e.attributes.get('id') == name]
        assert len(found) == 1, '%d elements with the id %s' % (len(found), name)
        return found[0]


class Page(HTMLParser):
    """Its elements; in `problems` what is not well formed, or would load something."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.problems = []
        self.root = self.at = Element('', (), None)
        self.feed(text)
        self.close()
        if self.at is not self.root:
            self.problems.append('<%s> is never closed' % self.at.tag)
        self.check()

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append('<%s> has an attribute twice: %s' % (tag, names))
        new = Element(tag, attrs, self.at)
        self.at.children.append(new)
        if tag not in VOID:
            self.at = new

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag in VOID:
            return
        if not any(e.tag == 'svg' for e in self.ancestors(self.at)):
            self.problems.append('<%s/> closes itself, and is not in an svg' % tag)
        self.at = self.at.parent

    def handle_endtag(self, tag):
        if self.at.tag == tag:
            self.at = self.at.parent
        else:
            self.problems.append('</%s> at line %d, where <%s> is open' % (tag, self.getpos()[0], self.at.tag))

    def handle_data(self, data):
        self.at.children.append(data)

    def handle_comment(self, data):
        self.problems.append('a comment: %s' % data)

    def handle_pi(self, data):
        self.problems.append('<?%s' % data)

    def unknown_decl(self, data):
        self.problems.append('<![%s' % data)

    @staticmethod
    def ancestors(element):
        while element:
            yield element
            element = element.parent

    # --- what is wrong

    def check(self):
        elements = list(self.root.walk())
        ids = [e.attributes['id'] for e in elements if 'id' in e.attributes]
        self.problems += ['the id %s is there %d times' % (i, ids.count(i)) for i in sorted(set(ids)) if ids.count(i) > 1]
        for element in elements:
            if element.tag in FORBIDDEN:
                self.problems.append('<%s>' % element.tag)
            for name, value in element.attributes.items():
                self.check_attribute(element, name, value or '', ids)
            self.check_element(element)
        style = ' '.join(e.text() for e in elements if e.tag == 'style')
        if re.search(r'url\(|@import|@font-face|expression\(', style):
            self.problems.append('the style loads something')

    def check_attribute(self, element, name, value, ids):
        wrong = '<%s %s="%s">' % (element.tag, name, value[:80])
        if name.startswith('on') or 'javascript:' in value.lower():
            self.problems.append('a script: ' + wrong)
        if name in ('src', 'srcset', 'action', 'data', 'poster', 'background', 'ping', 'manifest', 'formaction'):
            self.problems.append('is loaded: ' + wrong)
        if name in ('href', 'xlink:href') and value[:1] != '#' and not (element.tag == 'a' and COMMIT.match(value)):
            self.problems.append('goes somewhere: ' + wrong)
        if name in ('href', 'xlink:href') and value[:1] == '#' and value[1:] not in ids:
            self.problems.append('goes nowhere: ' + wrong)
        if name in ('aria-labelledby', 'aria-describedby') and value not in ids:
            self.problems.append('nothing is called so: ' + wrong)
        for reference in re.findall(r'url\(([^)]*)\)', value):
            if reference[:1] != '#' or reference[1:] not in ids:
                self.problems.append('loads something, or goes nowhere: ' + wrong)

    def check_element(self, element):
        """What somebody needs who hears the page."""
        attributes = element.attributes
        if element.tag == 'th' and attributes.get('scope') not in ('row', 'col', 'rowgroup'):
            self.problems.append('<th> without a scope: %s' % element.text())
        if element.tag == 'table' and not element.all('caption'):
            self.problems.append('a table without a caption')
        if element.tag == 'svg' and (attributes.get('role') != 'img' or not self.title_of(element)):
            self.problems.append('an svg that is not called anything')
        if attributes.get('role') == 'region' and not attributes.get('aria-label'):
            self.problems.append('a region that is not called anything')
        if element.tag == 'html' and not attributes.get('lang'):
            self.problems.append('no language')

    def title_of(self, svg):
        name = svg.attributes.get('aria-labelledby')
        return ''.join(e.text() for e in svg.walk() if e.attributes.get('id') == name).strip()

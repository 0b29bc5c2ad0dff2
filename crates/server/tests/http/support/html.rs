//! HTML, taken apart as far as tests look: tags with their attributes, and text.

use std::collections::BTreeMap;

/// A piece of a page.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Open(Tag),
    Close(String),
    Text(String),
}

/// An opening tag.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Tag {
    /// The value of an attribute; `""` when it is absent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
}

/// Tags that nothing closes.
pub(crate) const EMPTY: [&str; 7] = ["meta", "link", "input", "img", "br", "hr", "source"];

/// A form and what stands in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) tag: Tag,
    /// Names and values, as the page has them; unticked boxes and buttons are left out.
    pub(crate) fields: Vec<(String, String)>,
    /// The names of all that can be filled in.
    pub(crate) names: Vec<String>,
}

/// Takes a page apart.
pub(crate) fn pieces(html: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        if start > 0 {
            pieces.push(Piece::Text(unescape(&rest[..start])));
        }
        rest = &rest[start + 1..];
        let end = end_of_tag(rest);
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        pieces.push(match tag.strip_prefix('/') {
            Some(name) => Piece::Close(name.trim().to_owned()),
            None => Piece::Open(open(tag)),
        });
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(unescape(rest)));
    }
    pieces
}

fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at,
            _ => {}
        }
    }
    panic!("a tag without an end: {text}");
}

fn open(tag: &str) -> Tag {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
        let key = &rest[..end];
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').expect("a closing quote");
            value = unescape(&quoted[..end]);
            rest = &quoted[end + 1..];
        }
        let again = attributes.insert(key.to_owned(), value);
        assert!(again.is_none(), "{key} stands twice in <{tag}>");
    }
    Tag {
        name: name.to_owned(),
        attributes,
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find(';').expect("an entity has an end") + at;
        plain.push(match &rest[at + 1..end] {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => {
                let number = number.strip_prefix('#').expect("a numbered entity");
                let number = number.parse().expect("a number");
                char::from_u32(number).expect("a character")
            }
        });
        rest = &rest[end + 1..];
    }
    plain + rest
}

/// All forms of a page.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut within = false;
    let mut select: Option<String> = None;
    let mut area = false;
    for piece in pieces(html) {
        let tag = match piece {
            Piece::Text(text) if area => {
                let (_, value) = forms
                    .last_mut()
                    .expect("a form")
                    .fields
                    .last_mut()
                    .expect("it");
                // The first line break is not of the value.
                *value = text.strip_prefix('\n').unwrap_or(&text).to_owned();
                continue;
            }
            Piece::Close(name) if name == "textarea" => {
                area = false;
                continue;
            }
            Piece::Open(tag) if tag.name == "form" => {
                assert!(!within, "a form within a form");
                within = true;
                forms.push(Form {
                    tag,
                    ..Form::default()
                });
                continue;
            }
            Piece::Close(name) if name == "form" => {
                within = false;
                continue;
            }
            Piece::Close(name) if name == "select" => {
                select = None;
                continue;
            }
            Piece::Open(tag) if within => tag,
            _ => continue,
        };
        let form = forms.last_mut().expect("within one");
        match tag.name.as_str() {
            "input" => {
                form.names.push(tag.get("name").to_owned());
                let box_ = ["checkbox", "radio"].contains(&tag.get("type"));
                if !box_ || tag.has("checked") {
                    let value = if box_ && !tag.has("value") {
                        "on"
                    } else {
                        tag.get("value")
                    };
                    form.fields
                        .push((tag.get("name").to_owned(), value.to_owned()));
                }
            }
            "button" if tag.has("name") => form.names.push(tag.get("name").to_owned()),
            "textarea" => {
                form.names.push(tag.get("name").to_owned());
                form.fields
                    .push((tag.get("name").to_owned(), String::new()));
                area = true;
            }
            "select" => {
                form.names.push(tag.get("name").to_owned());
                select = Some(tag.get("name").to_owned());
            }
            "option" if tag.has("selected") => {
                let name = select.clone().expect("an option within a select");
                form.fields.push((name, tag.get("value").to_owned()));
            }
            _ => {}
        }
    }
    forms
}

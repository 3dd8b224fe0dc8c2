//! Tables of the page.

/// Text that is safe inside an element.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// One cell: its text and its class.
#[derive(Clone, Debug)]
pub struct Cell {
    html: String,
    class: &'static str,
}

impl Cell {
    /// Words, on the left.
    pub fn text(text: &str) -> Self {
        Self { html: escape(text), class: "text" }
    }

    /// A number with so many digits after the point, and a unit.
    pub fn number(value: f64, digits: usize) -> Self {
        Self { html: format!("{value:.digits$}"), class: "" }
    }

    /// A number that may be missing.
    pub fn maybe(value: Option<f64>, digits: usize) -> Self {
        value.map_or_else(Self::none, |value| Self::number(value, digits))
    }

    /// A part as a percentage.
    pub fn percent(value: Option<f64>) -> Self {
        value.map_or_else(Self::none, |part| Self { html: format!("{:.1} %", part * 100.0), class: "" })
    }

    /// A whole number.
    pub fn count(value: usize) -> Self {
        Self { html: value.to_string(), class: "" }
    }

    /// Nothing to tell.
    pub fn none() -> Self {
        Self { html: "–".into(), class: "faint" }
    }

    /// With another class.
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// With an interval below, in the same digits, times `scale`.
    pub fn with_interval(mut self, interval: Option<&[f64; 2]>, digits: usize, scale: f64) -> Self {
        if let Some([low, high]) = interval {
            self.html += &format!("<small>{:.digits$} to {:.digits$}</small>", low * scale, high * scale);
        }
        self
    }
}

/// A table with these heads; a head that begins with `<` stands over words.
pub fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> String {
    let mut html = String::from("<div class=\"wide\"><table><thead><tr>");
    for head in heads {
        match head.strip_prefix('<') {
            Some(head) => html += &format!("<th class=\"text\">{}</th>", escape(head)),
            None => html += &format!("<th>{}</th>", escape(head)),
        }
    }
    html += "</tr></thead><tbody>";
    for row in rows {
        html += "<tr>";
        for cell in row {
            html += &format!("<td class=\"{}\">{}</td>", cell.class, cell.html);
        }
        html += "</tr>";
    }
    html + "</tbody></table></div>"
}

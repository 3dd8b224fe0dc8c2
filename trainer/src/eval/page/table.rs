//! Tables of the page. Pure: values → markup.

use maud::{Markup, html};

/// One cell: its content and its class.
#[derive(Clone, Debug)]
pub struct Cell {
    content: Markup,
    class: &'static str,
}

impl Cell {
    fn new(text: &str, class: &'static str) -> Self {
        Self { content: html! { (text) }, class }
    }

    /// Words, on the left.
    pub fn text(text: &str) -> Self {
        Self::new(text, "text")
    }

    /// A number with so many digits after the point.
    pub fn number(value: f64, digits: usize) -> Self {
        Self::new(&format!("{value:.digits$}"), "")
    }

    /// A number that may be missing.
    pub fn maybe(value: Option<f64>, digits: usize) -> Self {
        value.map_or_else(Self::none, |value| Self::number(value, digits))
    }

    /// A part of 1 as a percentage.
    pub fn percent(value: Option<f64>) -> Self {
        value.map_or_else(Self::none, |part| Self::new(&format!("{:.1} %", part * 100.0), ""))
    }

    /// A whole number.
    pub fn count(value: usize) -> Self {
        Self::new(&value.to_string(), "")
    }

    /// A missing value.
    pub fn none() -> Self {
        Self::new("–", "faint")
    }

    /// With another class.
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// With an interval below, in the same digits, times `scale`.
    pub fn with_interval(mut self, interval: Option<&[f64; 2]>, digits: usize, scale: f64) -> Self {
        if let Some([low, high]) = interval {
            let text = format!("{:.digits$} to {:.digits$}", low * scale, high * scale);
            self.content = html! { (self.content) small { (text) } };
        }
        self
    }
}

/// A table with these heads; a head that begins with `<` stands over words.
pub fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> Markup {
    html! {
        div class="wide" {
            table {
                thead { tr { @for head in heads { (head_cell(head)) } } }
                tbody {
                    @for row in rows {
                        tr { @for cell in row { td class=(cell.class) { (cell.content) } } }
                    }
                }
            }
        }
    }
}

fn head_cell(head: &str) -> Markup {
    match head.strip_prefix('<') {
        Some(head) => html! { th class="text" { (head) } },
        None => html! { th { (head) } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sounds_are_escaped_and_intervals_stand_below() {
        let rows = [vec![Cell::text("A & <b>"), Cell::number(1.25, 1).with_interval(Some(&[0.5, 2.0]), 1, 1.0)]];
        let html = table(&["<name", "dB"], rows).into_string();
        assert!(html.contains("<th class=\"text\">name</th><th>dB</th>"), "{html}");
        assert!(html.contains("<td class=\"text\">A &amp; &lt;b&gt;</td>"), "{html}");
        assert!(html.contains("<small>0.5 to 2.0</small></td>"), "{html}");
    }
}

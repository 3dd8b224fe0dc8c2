//! Tables of text: for Markdown and for a terminal. Pure.

/// A table of cells.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows. The first column is words, the others are numbers.
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule: String = (0..self.header.len()).map(|column| if column == 0 { "---|" } else { "---:|" }).collect();
        format!("{}|{rule}\n{}", line(&self.header), self.rows.iter().map(|row| line(row)).collect::<String>())
    }

    /// In columns of equal width.
    pub fn plain(&self) -> String {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| lines().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.header.len()).map(|column| width(column).unwrap_or(0)).collect();
        let mut out = String::new();
        for row in lines() {
            let cells = row.iter().zip(&widths).enumerate();
            let cells = cells.map(
                |(column, (cell, width))| {
                    if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                },
            );
            out += cells.collect::<Vec<_>>().join("  ").trim_end();
            out.push('\n');
        }
        out
    }
}

/// A number with three figures or so; a dash where there is none.
pub fn number(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value.abs() >= 100.0 => format!("{value:.0}"),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}

/// A part of 1 as a percentage.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |part| format!("{:.0} %", part * 100.0))
}

/// A number with its interval.
pub fn with_interval(value: Option<f64>, interval: Option<[f64; 2]>) -> String {
    match interval {
        Some([low, high]) => format!("{} ({} to {})", number(value), number(Some(low)), number(Some(high))),
        None => number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_a_bar_in_a_cell_is_no_column() {
        let mut table = Table::new(["set", "KAD"]);
        table.row(["a|b", "1.00"]);
        table.row(["–", "123"]);
        assert_eq!(table.markdown(), "| set | KAD |\n|---|---:|\n| a\\|b | 1.00 |\n| – | 123 |\n");
        assert_eq!(table.plain(), "set   KAD\na|b  1.00\n–     123\n");
        assert_eq!(
            [number(Some(123.4)), number(Some(-0.5)), percent(Some(0.123)), number(None)],
            ["123", "-0.50", "12 %", "–"]
        );
    }
}

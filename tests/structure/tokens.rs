//! Rust source as tokens: identifiers, `::` and single characters, without comments, literals and what only tests compile.

/// Tokens of the program that `text` is: `#[cfg(test)]` items, comments, strings and characters are left out.
pub fn program_tokens(text: &str) -> Vec<String> {
    without_test_items(tokens(text))
}

/// Tokens of `text`. A lifetime or a literal gives none.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let rest = &chars[at..];
        if let Some(length) = skipped(rest) {
            at += length;
        } else if is_word(rest[0]) {
            let length = rest.iter().take_while(|char| is_word(**char)).count();
            found.push(rest[..length].iter().collect());
            at += length;
        } else if rest.starts_with(&[':', ':']) {
            found.push("::".to_owned());
            at += 2;
        } else {
            if !rest[0].is_whitespace() {
                found.push(rest[0].to_string());
            }
            at += 1;
        }
    }
    found
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Length of the comment, string, character or lifetime that `rest` begins with.
fn skipped(rest: &[char]) -> Option<usize> {
    match rest {
        ['/', '/', ..] => Some(rest.iter().take_while(|char| **char != '\n').count()),
        ['/', '*', ..] => Some(block_comment(rest)),
        ['"', ..] => Some(1 + quoted(&rest[1..], '"')),
        ['b' | 'c', '"', ..] => Some(2 + quoted(&rest[2..], '"')),
        ['\'', ..] => Some(character(rest)),
        ['b', '\'', ..] => Some(1 + character(&rest[1..])),
        _ => raw_string(rest),
    }
}

/// Length of a block comment, which may hold others.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let step = match rest[at..] {
            ['/', '*', ..] => 1,
            ['*', '/', ..] => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            break;
        }
    }
    at
}

/// Length up to and with the closing quote.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of a character literal, or of a lifetime's quote alone, whose name then reads as a word.
fn character(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', ..] => 1 + quoted(&rest[1..], '\''),
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

/// Length of `r"…"`, `r#"…"#`, `br"…"`, with any number of hashes.
fn raw_string(rest: &[char]) -> Option<usize> {
    let prefix = if rest.starts_with(&['b']) || rest.starts_with(&['c']) { 1 } else { 0 };
    if rest.get(prefix) != Some(&'r') {
        return None;
    }
    let hashes = rest[prefix + 1..].iter().take_while(|char| **char == '#').count();
    let start = prefix + 1 + hashes;
    if rest.get(start) != Some(&'"') {
        return None;
    }
    let closes =
        |at: usize| rest[at] == '"' && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    let end = (start + 1..rest.len()).find(|at| closes(*at));
    Some(end.map_or(rest.len(), |end| end + 1 + hashes))
}

/// Without each item that follows `#[cfg(test)]`: up to its `;` or the end of its braces.
fn without_test_items(tokens: Vec<String>) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..].iter().map(String::as_str).take(MARK.len()).eq(MARK) {
            at += MARK.len();
            at += item_length(&tokens[at..]);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn item_length(tokens: &[String]) -> usize {
    let is_use = tokens.iter().take(3).any(|token| token == "use");
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        let is_end = depth == 0 && (token == ";" || (token == "}" && !is_use));
        if is_end {
            return at + 1;
        }
    }
    tokens.len()
}

#[test]
fn comments_literals_and_test_items_give_no_tokens() {
    let text = r###"
        // use crate::a;
        /* use crate::b; /* nested */ use crate::c; */
        use crate::kept; const X: &str = "use crate::d; \" use crate::e";
        const Y: &str = r#"use crate::f; " "#; const Z: char = '"'; fn f<'a>(x: &'a str) {}
        #[cfg(test)] use crate::{g, h};
        #[cfg(test)]
        #[expect(x, reason = "y")]
        mod tests { use crate::i; fn g() { loop {} } }
        use crate::last;
    "###;
    let tokens = program_tokens(text);
    let crates: Vec<&str> =
        tokens.windows(3).filter(|three| three[0] == "crate").map(|three| three[2].as_str()).collect();
    assert_eq!(crates, ["kept", "last"]);
    assert!(tokens.contains(&"fn".to_owned()));
}

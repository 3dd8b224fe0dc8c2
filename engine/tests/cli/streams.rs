//! Standard output: a sound on it, a reader that goes away, no room.

use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{complaint, files_in, heptode, json, text, tone_file};

fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heptode"));
    command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_sound_on_standard_output_is_the_file_and_its_result_goes_beside_it() {
    let folder = TempDir::new().unwrap();
    let tone = tone_file(&folder);
    let out = folder.path().join("out.wav");
    for words in [["render", "--random", "5"].as_slice(), &["reconstruct", text(&tone), "--via", "frames"]] {
        json(&[words, &["--out", text(&out)]].concat());
        let file = std::fs::read(&out).unwrap();
        let piped = heptode(&[words, &["--out", "-", "--json"]].concat());
        assert!(piped.status.success(), "{}", complaint(&piped));
        assert!(piped.stdout == file, "{words:?}: another sound than in the file");
        let told: Value = serde_json::from_slice(&piped.stderr).expect("one JSON object");
        assert_eq!(told["out"], "-");
        let lengths = [&file[4..8], &file[file.len() - told["samples"].as_u64().unwrap() as usize * 4 - 4..][..4]];
        let lengths = lengths.map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()) as usize);
        assert_eq!(
            lengths,
            [file.len() - 8, told["samples"].as_u64().unwrap() as usize * 4],
            "its header knows its length"
        );
        let plain = heptode(&[words, &["--out", "-"]].concat());
        assert!(plain.stdout == file && complaint(&plain).contains("latent"), "{}", complaint(&plain));
    }
    assert_eq!(files_in(folder.path()), 2, "no file named - or anything else");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for words in [["info"].as_slice(), &["render", "--out", "-"], &["info", "--json"], &["--help"]] {
        let mut child = program(words).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && !complaint(&output).contains("panicked"),
            "{words:?}: {}",
            complaint(&output)
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn closed_and_full_streams_never_make_it_panic() {
    let shell = |line: &str| {
        let output = Command::new("sh").args(["-c", line, env!("CARGO_BIN_EXE_heptode")]).output().unwrap();
        assert!(!complaint(&output).contains("panicked"), "{line}: {}", complaint(&output));
        (output.status.code(), complaint(&output))
    };
    for words in ["info", "info --json", "render --out -"] {
        let (code, said) = shell(&format!("\"$0\" {words} >/dev/full"));
        assert!(code == Some(1) && said.contains("cannot write"), "{words}: {code:?}, {said}");
        assert!(shell(&format!("\"$0\" {words} >&-")).0.is_some_and(|code| code <= 1), "{words}");
    }
    for words in ["encode gone.wav", "render", "render --random 1 --seconds 0.01 --out - >/dev/null"] {
        for closed in ["2>/dev/full", "2>&-", "<&- >&- 2>&-"] {
            assert!(shell(&format!("\"$0\" {words} {closed}")).0.is_some_and(|code| code <= 2), "{words} {closed}");
        }
    }
}

//! Audio files as people have them, through `encode` and `reconstruct`.

use std::ffi::OsStr;
use std::process::Output;

use inputs::{Case, KEY_TOLERANCE, Read, START_TOLERANCE_S, Want, cases};
use serde_json::Value;
use tempfile::TempDir;

use crate::run::{complaint, files_in, heptode};

/// What is not as expected of a file, after a command that was run on it.
fn differences(case: &Case, output: &Output) -> Vec<String> {
    match &case.want {
        Want::Refused(part) => refusal(part, output),
        Want::Read(want) if output.status.success() => serde_json::from_slice(&output.stdout)
            .map_or_else(|error| vec![error.to_string()], |told| reading(want, &told)),
        Want::Read(_) => vec![format!("refused: {}", complaint(output).trim_end())],
    }
}

fn refusal(part: &str, output: &Output) -> Vec<String> {
    let said = complaint(output);
    let is_right = output.status.code() == Some(1) && said.contains(part) && said.trim_end().lines().count() == 1;
    if is_right { Vec::new() } else { vec![format!("{:?}, not “{part}”: {said}", output.status.code())] }
}

fn reading(want: &Read, told: &Value) -> Vec<String> {
    let recording = &told["recording"];
    let number = |name: &str| recording[name].as_f64().unwrap_or(f64::NAN);
    let mut wrong = Vec::new();
    let mut check = |is_right: bool, what: String| wrong.extend((!is_right).then_some(what));
    if let Some(start_s) = want.start_s {
        let found = number("start_s");
        check((found - start_s).abs() <= START_TOLERANCE_S, format!("begins at {found:.4} s, not {start_s}"));
    }
    if let Some(key) = want.key {
        let found = number("key");
        check((found - key).abs() <= KEY_TOLERANCE, format!("key {found:.2}, not {key}"));
    }
    if let Some(origin) = want.key_origin {
        check(recording["key_origin"] == origin, format!("key by {}, not {origin}", recording["key_origin"]));
    }
    if let Some(samples) = want.samples {
        check(recording["samples"] == samples, format!("{} samples, not {samples}", recording["samples"]));
    }
    if let Some(note) = want.note {
        let notes = told["notes"].to_string();
        check(notes.contains(note), format!("no word of “{note}” in {notes}"));
    }
    wrong
}

/// Runs a command on every file.
fn assert_cases(run: impl Fn(&OsStr) -> Output) {
    let folder = TempDir::new().unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        let path = case.put(folder.path());
        let found = differences(&case, &run(path.as_os_str()));
        wrong.extend(found.into_iter().map(|what| format!("{}: {what}", case.name.to_string_lossy())));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn encode_finds_in_files_of_all_kinds_what_is_in_them() {
    assert_cases(|path| heptode(&[OsStr::new("encode"), path, OsStr::new("--json")]));
}

#[test]
fn reconstruct_reads_files_of_all_kinds_and_leaves_nothing_of_those_that_it_refuses() {
    let outs = TempDir::new().unwrap();
    let out = outs.path().join("out.wav");
    assert_cases(|path| {
        let words = ["reconstruct", "--via", "frames", "--json", "--out"].map(OsStr::new);
        let output = heptode(&[&words[..], &[out.as_os_str(), path]].concat());
        assert_eq!(files_in(outs.path()), usize::from(output.status.success()), "{}", path.to_string_lossy());
        let _ = std::fs::remove_file(&out);
        output
    });
}

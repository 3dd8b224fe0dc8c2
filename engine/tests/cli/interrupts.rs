//! Interrupts (Ctrl-C): one line, and nothing is left, wherever the program is.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::tempdir;

use super::run::{a_sound, assert_refused, files_in, text};
use super::texture::noise_file;

/// Starts the program, interrupts it as soon as `is_begun`, and expects one line.
fn interrupt(words: &[&str], is_begun: impl Fn(&Child) -> bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_heptode"))
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    while !is_begun(&child) && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    assert_refused(&child.wait_with_output().expect("it ends"), 1, "interrupted: nothing was written");
}

#[test]
fn while_a_file_is_written_nothing_is_left() {
    let folder = tempdir().expect("a folder");
    let noise = noise_file(&folder, "noise.wav", 1, 16_000, 8_000);
    let outs = tempdir().expect("a folder");
    let out = outs.path().join("out.wav");
    interrupt(&["texture", text(&noise), "--seconds", "86400", "--out", text(&out)], |_| files_in(outs.path()) > 0);
    assert_eq!(files_in(outs.path()), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn while_a_recording_is_read_there_is_one_line() {
    let folder = tempdir().expect("a folder");
    // Ten minutes: still being read when the interrupt arrives.
    let noise = noise_file(&folder, "noise.wav", 2, 600 * 8_000, 8_000);
    let outs = tempdir().expect("a folder");
    let out = outs.path().join("out.wav");
    let is_open = |child: &Child| {
        let Ok(files) = std::fs::read_dir(format!("/proc/{}/fd", child.id())) else { return false };
        files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|path| path == noise))
    };
    interrupt(&["extend", text(&noise), "--seconds", "86400", "--out", text(&out)], is_open);
    assert_eq!(files_in(outs.path()), 0);
}

#[test]
fn while_a_series_is_made_its_new_folders_go_and_older_ones_stay() {
    let outs = tempdir().expect("a folder");
    let older = outs.path().join("older");
    std::fs::create_dir(&older).expect("made");
    let inner = older.join("one/two/three");
    let (name, _) = a_sound();
    let has_files = |folder: &Path| folder.is_dir() && files_in(folder) > 0;
    let words = ["vary", "--sound", &name, "--count", "512", "--out", text(&inner)];
    interrupt(&words, |_| has_files(&inner));
    assert!(older.is_dir());
    assert_eq!(files_in(&older), 0);
}

//! Where a sound goes: a WAV or FLAC file by the ending of its name, or standard output. Main thread.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal as _, Seek as _, Write};
use std::path::{Path, PathBuf};

use engine::sample::{MAX_FLAC_RATE_HZ, encode_wav, put_wav_blocks, write_flac, write_wav, write_wav_blocks};
use serde_json::Value;

use crate::failure::Failure;
use crate::interrupt;
use crate::output::{path_text, report, unless_reader_left};
use crate::overwrite::refuse_overwriting;

/// The word for standard output.
const STANDARD_OUTPUT: &str = "-";
/// What is written, for messages.
const WRITTEN: &str = "a sound is written as WAV (.wav, .wave; 32-bit float) or FLAC (.flac; 24 bits)";

/// Samples that a FLAC file may have, all channels together: it is coded in memory, half a gigabyte here.
const MAX_FLAC_SAMPLES: u64 = 1 << 27;
/// Samples that a WAV file can have, all channels together: its length in bytes is a number of 32 bits, headers included.
const MAX_WAV_SAMPLES: u64 = (u32::MAX as u64 - 4096) / 4;

/// A place for one sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// 32-bit float.
    Wav(PathBuf),
    /// 24 bits.
    Flac(PathBuf),
    /// A WAV file of 32-bit float as a stream, with its length in its header.
    StandardOutput,
}

impl Destination {
    /// From a word of the command line; the error says which endings there are.
    pub(crate) fn parse(word: OsString) -> Result<Self, String> {
        if word == STANDARD_OUTPUT {
            return Ok(Self::StandardOutput);
        }
        let path = PathBuf::from(word);
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned());
        match ending.as_ref().map(|ending| ending.to_lowercase()).as_deref() {
            Some("wav" | "wave") => Ok(Self::Wav(path)),
            Some("flac") => Ok(Self::Flac(path)),
            Some(_) => Err(format!("it ends in .{}, and {WRITTEN}", ending.unwrap_or_default())),
            None => Err(format!("it has no ending, and {WRITTEN}")),
        }
    }

    /// Finds out before any work whether the sound can go there and no input is lost by it.
    pub(crate) fn check(&self, inputs: &[&Path], rate_hz: u32) -> Result<(), Failure> {
        match self {
            Self::Flac(_) if rate_hz > MAX_FLAC_RATE_HZ => Err(Failure::usage(format!(
                "--rate {rate_hz}: FLAC is written at up to {MAX_FLAC_RATE_HZ} Hz; WAV takes every rate"
            ))),
            Self::Wav(path) | Self::Flac(path) => refuse_overwriting(inputs, std::slice::from_ref(path)),
            Self::StandardOutput if io::stdout().is_terminal() => Err(Failure::usage(
                "--out -: standard output is a terminal, which plays no sound; lead it to a program or a file",
            )),
            Self::StandardOutput => Ok(()),
        }
    }

    /// Finds out whether a sound of `frames` samples in each channel fits.
    pub(crate) fn check_length(&self, frames: u64, channels: u16, rate_hz: u32) -> Result<(), Failure> {
        let (most, kind) = match self {
            Self::Flac(_) => (MAX_FLAC_SAMPLES, "a FLAC file is written of at most"),
            _ => (MAX_WAV_SAMPLES, "a WAV file holds at most"),
        };
        let most = most / u64::from(channels.max(1));
        let minutes = |frames: u64| frames / (60 * u64::from(rate_hz.max(1)));
        if frames <= most {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "the sound may last {} minutes, and at {rate_hz} Hz {kind} {} minutes",
            minutes(frames),
            minutes(most)
        )))
    }

    /// Writes the whole sound that `next` appends to an empty buffer block by block, interleaved, until it answers `false`, or nothing;
    /// returns remarks.
    pub(crate) fn write_blocks(
        &self,
        channels: u16,
        rate_hz: u32,
        mut next: impl FnMut(&mut Vec<f32>) -> Result<bool, Failure>,
    ) -> Result<Vec<String>, Failure> {
        let mut failure = None;
        let next_block = |block: &mut Vec<f32>| {
            next(block).map_err(|stopped| {
                failure = Some(stopped);
                io::Error::other("stopped")
            })
        };
        let written = match self {
            Self::Wav(path) => write_wav_blocks(path, channels, rate_hz, next_block).map_err(Failure::from),
            Self::StandardOutput => stream_wav(channels, rate_hz, next_block),
            Self::Flac(_) => {
                let (mut samples, mut block) = (Vec::new(), Vec::new());
                while next(&mut block)? {
                    samples.append(&mut block);
                }
                return self.write(&samples, channels, rate_hz);
            }
        };
        match failure {
            Some(stopped) => Err(stopped),
            None => written.map(|()| Vec::new()),
        }
    }

    /// Writes the whole sound, interleaved, or nothing; returns remarks.
    pub(crate) fn write(&self, samples: &[f32], channels: u16, rate_hz: u32) -> Result<Vec<String>, Failure> {
        interrupt::watch();
        match self {
            Self::Wav(path) => write_wav(path, samples, channels, rate_hz)?,
            Self::Flac(path) => {
                let clipped = write_flac(path, samples, usize::from(channels), rate_hz)?;
                let note = format!("{clipped} samples beyond full scale were clipped; a WAV file keeps them");
                return Ok((clipped > 0).then_some(note).into_iter().collect());
            }
            Self::StandardOutput => {
                let bytes = encode_wav(samples, channels, rate_hz).map_err(Failure::failed)?;
                let mut stdout = io::stdout().lock();
                unless_reader_left(stdout.write_all(&bytes).and_then(|()| stdout.flush()), "the sound")?;
            }
        }
        Ok(Vec::new())
    }

    /// Tells the result on standard output, or on standard error when the sound has gone to standard output.
    pub(crate) fn report(&self, as_json: bool, text: &str, json: &Value) -> Result<(), Failure> {
        match self {
            Self::StandardOutput => report(&mut io::stderr().lock(), as_json, text, json),
            _ => report(&mut io::stdout().lock(), as_json, text, json),
        }
    }

    /// As people see it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Wav(path) | Self::Flac(path) => path_text(path),
            Self::StandardOutput => STANDARD_OUTPUT.to_owned(),
        }
    }
}

/// A WAV file on standard output. Its header tells its length, so the whole of it is in a file without a name first.
fn stream_wav(channels: u16, rate_hz: u32, next: impl FnMut(&mut Vec<f32>) -> io::Result<bool>) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::failed(format!("cannot write a temporary file: {error}"));
    let mut file = tempfile::tempfile().map_err(cannot)?;
    put_wav_blocks(BufWriter::new(&file), channels, rate_hz, next).map_err(cannot)?;
    file.rewind().map_err(cannot)?;
    let mut stdout = io::stdout().lock();
    unless_reader_left(io::copy(&mut file, &mut stdout).and_then(|_| stdout.flush()), "the sound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_and_others_are_refused_with_those_that_are_written() {
        let parse = |word: &str| Destination::parse(word.into());
        assert_eq!(parse("a.b.WAV"), Ok(Destination::Wav("a.b.WAV".into())));
        assert_eq!(parse("x/y.flac"), Ok(Destination::Flac("x/y.flac".into())));
        assert_eq!(parse("-"), Ok(Destination::StandardOutput));
        assert_eq!(parse("./-.wav"), Ok(Destination::Wav("./-.wav".into())));
        for refused in ["a.mp3", "a", ".wav", "a.", "a.wav.part", "-x", "", "..", "/"] {
            let message = parse(refused).expect_err(refused);
            assert!(message.contains(".wav") && message.contains(".flac"), "{refused:?}: {message}");
        }
    }
}

//! What the ending of a file's name says of it: an audio file that is read, one that is known but not read, or neither.
//!
//! Any thread; nothing here opens a file. What is in a file decides when it is read: see [`super::read`].

use std::path::Path;

/// What a file is by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// An audio file of a kind that is read.
    Read,
    /// An audio file of a kind that is not read: its format, such as "Opus".
    NotRead(&'static str),
    /// No audio file.
    Other,
}

/// Endings of files that are read, in lower case.
const READ: [&str; 22] = [
    "wav", "wave", "bwf", "rf64", "bw64", "w64", "aif", "aiff", "aifc", "au", "snd", "caf", "flac", "mp3", "mp2",
    "ogg", "oga", "m4a", "m4b", "m4r", "mp4", "aac",
];

/// Endings of audio files that are not read, in lower case, each with its format.
const NOT_READ: [(&str, &str); 32] = [
    ("opus", "Opus"),
    ("wv", "WavPack"),
    ("wma", "Windows Media Audio"),
    ("asf", "Windows Media Audio"),
    ("ape", "Monkey's Audio"),
    ("mpc", "Musepack"),
    ("mp+", "Musepack"),
    ("tta", "True Audio"),
    ("tak", "TAK"),
    ("shn", "Shorten"),
    ("ofr", "OptimFROG"),
    ("spx", "Speex"),
    ("amr", "AMR"),
    ("awb", "AMR"),
    ("3gp", "3GP"),
    ("ac3", "Dolby Digital"),
    ("ec3", "Dolby Digital Plus"),
    ("eac3", "Dolby Digital Plus"),
    ("dts", "DTS"),
    ("dsf", "DSD"),
    ("dff", "DSD"),
    ("ra", "RealAudio"),
    ("ram", "RealAudio"),
    ("mka", "Matroska"),
    ("weba", "WebM"),
    ("webm", "WebM"),
    ("rx2", "REX"),
    ("rex", "REX"),
    ("sd2", "Sound Designer II"),
    ("8svx", "8SVX"),
    ("voc", "Creative Voice"),
    ("gsm", "GSM 6.10"),
];

/// What `path` is by the ending of its name, in capitals or not.
#[must_use]
pub fn file_kind(path: &Path) -> FileKind {
    let Some(ending) = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()) else {
        return FileKind::Other;
    };
    if READ.contains(&ending.as_str()) {
        return FileKind::Read;
    }
    let known = NOT_READ.iter().find(|(known, _)| *known == ending);
    known.map_or(FileKind::Other, |(_, format)| FileKind::NotRead(format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_decide_in_capitals_too_and_no_ending_is_in_both_lists() {
        let kind = |name: &str| file_kind(Path::new(name));
        for ending in READ {
            assert_eq!(kind(&format!("a.b.{}", ending.to_uppercase())), FileKind::Read, "{ending}");
        }
        for (ending, format) in NOT_READ {
            assert_eq!(kind(&format!("한국어.{ending}")), FileKind::NotRead(format), "{ending}");
        }
        for name in ["wav", ".wav", "a.txt", "a.wav.part", "a.", "", "a.mid", "a.heptode"] {
            assert_eq!(kind(name), FileKind::Other, "{name}");
        }
    }
}

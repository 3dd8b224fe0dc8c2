//! Files that are known by their first bytes and not read: the user is told what they are. Any thread.

/// First bytes, and what they stand for.
const KNOWN: [(&[u8], &str); 28] = [
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"TTA1", "True Audio"),
    (b"TTA2", "True Audio"),
    (b"tBaK", "TAK"),
    (b"OFR ", "OptimFROG"),
    (b"ajkg", "Shorten"),
    (b"LA04", "Lossless Audio"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media Audio"),
    (b"#!AMR", "AMR"),
    (b"#!SILK", "SILK"),
    (b"\x0b\x77", "Dolby Digital"),
    (b"\x77\x0b", "Dolby Digital"),
    (b"\x7f\xfe\x80\x01", "DTS"),
    (b"\xfe\x7f\x01\x80", "DTS"),
    (b"\x1f\xff\xe8\x00", "DTS"),
    (b"DTSHDHDR", "DTS"),
    (b"DSD ", "DSD"),
    (b"FRM8", "DSD"),
    (b".ra\xfd", "RealAudio"),
    (b".RMF", "RealAudio"),
    (b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
    (b"Creative Voice File", "Creative Voice"),
    (b"ADIF", "AAC in ADIF"),
    (b"NIST_1A", "NIST SPHERE"),
    (b"\x64\xa3", "IRCAM"),
];

/// RIFF and IFF files that are not read, by their form type in the bytes 8 to 11.
const CHUNKED: [(&[u8; 4], &str); 4] =
    [(b"8SVX", "8SVX"), (b"16SV", "16SV"), (b"REX2", "REX"), (b"CDDA", "a track of an audio CD")];

/// Files whose content is not audio: MIDI, video, modules of trackers.
const OTHER: [(&[u8], &str); 4] = [
    (b"MThd", "a MIDI file"),
    (b"FLV", "a video"),
    (b"Extended Instrument: ", "an instrument of a tracker"),
    (b"IMPM", "a module of a tracker"),
];
const OTHER_CHUNKED: [(&[u8; 4], &str); 5] = [
    (b"AVI ", "a video"),
    (b"RMID", "a MIDI file"),
    (b"sfbk", "a sound font"),
    (b"DLS ", "a bank of sounds"),
    (b"WEBP", "a picture"),
];

/// What audio that is not read is by a file's first bytes, if it is known.
pub(super) fn audio(head: &[u8]) -> Option<&'static str> {
    name(head, &KNOWN, &CHUNKED)
}

/// What a file without audio is by its first bytes, if it is known.
pub(super) fn other(head: &[u8]) -> Option<&'static str> {
    name(head, &OTHER, &OTHER_CHUNKED)
}

fn name(head: &[u8], known: &[(&[u8], &'static str)], chunked: &[(&[u8; 4], &'static str)]) -> Option<&'static str> {
    let kind = head.get(8..12).unwrap_or_default();
    if [b"RIFF", b"RIFX", b"FORM", b"CAT "].iter().any(|family| head.starts_with(*family)) {
        return chunked.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name);
    }
    known.iter().find(|(known, _)| head.starts_with(known)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        assert_eq!(audio(b"wvpk\0\0\0\0"), Some("WavPack"));
        assert_eq!(audio(b"FORM\0\0\0\x048SVX"), Some("8SVX"));
        assert_eq!(other(b"RIFF\0\0\0\0AVI LIST"), Some("a video"));
        assert_eq!((audio(b"RIFF\0\0\0\0WAVE"), other(b"RIFF\0\0\0\0WAVE"), audio(b"")), (None, None, None));
    }
}

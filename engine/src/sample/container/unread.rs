//! Files that are known by their first bytes and not read: the user is told what they are. Any thread.

/// First bytes, and what they stand for.
const KNOWN: [(&[u8], &str); 33] = [
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
    (b"MThd", "MIDI"),
    (b"FLV", "Flash video"),
    (b"NIST_1A", "NIST SPHERE"),
    (b"CAT REX2", "REX"),
    (b"\x64\xa3", "IRCAM"),
    (b"Extended Instrument: ", "an instrument of a tracker"),
    (b"IMPM", "a module of a tracker"),
];

/// Kinds of files in the two great families of chunks, by the bytes 8 to 11.
const CHUNKED: [(&[u8; 4], &str); 9] = [
    (b"AVI ", "AVI"),
    (b"RMID", "MIDI"),
    (b"sfbk", "a sound font"),
    (b"DLS ", "a bank of sounds (DLS)"),
    (b"WEBP", "a picture (WebP)"),
    (b"8SVX", "8SVX"),
    (b"16SV", "16SV"),
    (b"REX2", "REX"),
    (b"CDDA", "a track of an audio CD"),
];

/// What a file that is not read is by its first bytes, if it is known.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    let kind = head.get(8..12).unwrap_or_default();
    if [b"RIFF", b"RIFX", b"FORM", b"CAT "].iter().any(|family| head.starts_with(*family)) {
        return CHUNKED.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name);
    }
    KNOWN.iter().find(|(known, _)| head.starts_with(known)).map(|(_, name)| *name)
}

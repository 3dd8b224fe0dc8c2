//! The presets that are built in: the files of `assets/presets/`. Main and worker threads: the first call reads them.
//!
//! Their sounds are those of the built-in packs, by name: another training of one moves the points, and the presets go with them.

use std::sync::OnceLock;

use crate::state::Preset;

/// The files as they are.
#[cfg(feature = "factory-pack")]
const FILES: [&str; 66] = [
    include_str!("../../../assets/presets/acid-line.heptode-preset"),
    include_str!("../../../assets/presets/any-weather.heptode-preset"),
    include_str!("../../../assets/presets/backyard-dogs.heptode-preset"),
    include_str!("../../../assets/presets/between-bark-and-shot.heptode-preset"),
    include_str!("../../../assets/presets/breathing-choir.heptode-preset"),
    include_str!("../../../assets/presets/cathedral-bells.heptode-preset"),
    include_str!("../../../assets/presets/chord-pulse.heptode-preset"),
    include_str!("../../../assets/presets/chorus-tines.heptode-preset"),
    include_str!("../../../assets/presets/cold-season.heptode-preset"),
    include_str!("../../../assets/presets/corridor.heptode-preset"),
    include_str!("../../../assets/presets/drifting-glass.heptode-preset"),
    include_str!("../../../assets/presets/driven-kick.heptode-preset"),
    include_str!("../../../assets/presets/engine-room.heptode-preset"),
    include_str!("../../../assets/presets/every-floor.heptode-preset"),
    include_str!("../../../assets/presets/falling-toms.heptode-preset"),
    include_str!("../../../assets/presets/felt-keys.heptode-preset"),
    include_str!("../../../assets/presets/filter-pulse.heptode-preset"),
    include_str!("../../../assets/presets/firing-range.heptode-preset"),
    include_str!("../../../assets/presets/four-corner-kit.heptode-preset"),
    include_str!("../../../assets/presets/four-harps.heptode-preset"),
    include_str!("../../../assets/presets/gated-strings.heptode-preset"),
    include_str!("../../../assets/presets/glass-lead.heptode-preset"),
    include_str!("../../../assets/presets/glass-pluck.heptode-preset"),
    include_str!("../../../assets/presets/gravel-walk.heptode-preset"),
    include_str!("../../../assets/presets/kalimba-rain.heptode-preset"),
    include_str!("../../../assets/presets/late-bows.heptode-preset"),
    include_str!("../../../assets/presets/live-snare.heptode-preset"),
    include_str!("../../../assets/presets/long-rain.heptode-preset"),
    include_str!("../../../assets/presets/metal-clouds.heptode-preset"),
    include_str!("../../../assets/presets/nave-organ.heptode-preset"),
    include_str!("../../../assets/presets/never-two-bars-alike.heptode-preset"),
    include_str!("../../../assets/presets/night-desk.heptode-preset"),
    include_str!("../../../assets/presets/opening-sky.heptode-preset"),
    include_str!("../../../assets/presets/raw-gravel.heptode-preset"),
    include_str!("../../../assets/presets/reed-solo.heptode-preset"),
    include_str!("../../../assets/presets/rewound-bells.heptode-preset"),
    include_str!("../../../assets/presets/ring-road.heptode-preset"),
    include_str!("../../../assets/presets/rotary-organ.heptode-preset"),
    include_str!("../../../assets/presets/round-bass.heptode-preset"),
    include_str!("../../../assets/presets/round-the-four.heptode-preset"),
    include_str!("../../../assets/presets/rubber-sub.heptode-preset"),
    include_str!("../../../assets/presets/running-glass.heptode-preset"),
    include_str!("../../../assets/presets/running-stairs.heptode-preset"),
    include_str!("../../../assets/presets/sample-and-hold.heptode-preset"),
    include_str!("../../../assets/presets/scattered-drops.heptode-preset"),
    include_str!("../../../assets/presets/sixteen-doors.heptode-preset"),
    include_str!("../../../assets/presets/slap-and-snap.heptode-preset"),
    include_str!("../../../assets/presets/slow-bows.heptode-preset"),
    include_str!("../../../assets/presets/slow-choir.heptode-preset"),
    include_str!("../../../assets/presets/snow-and-leaves.heptode-preset"),
    include_str!("../../../assets/presets/soft-ground.heptode-preset"),
    include_str!("../../../assets/presets/soft-tines-hard-bells.heptode-preset"),
    include_str!("../../../assets/presets/solo-vox.heptode-preset"),
    include_str!("../../../assets/presets/steps-on-everything.heptode-preset"),
    include_str!("../../../assets/presets/struck-and-bowed.heptode-preset"),
    include_str!("../../../assets/presets/stuck-groove.heptode-preset"),
    include_str!("../../../assets/presets/swelling-brass.heptode-preset"),
    include_str!("../../../assets/presets/tide.heptode-preset"),
    include_str!("../../../assets/presets/toy-box.heptode-preset"),
    include_str!("../../../assets/presets/tremolo-tines.heptode-preset"),
    include_str!("../../../assets/presets/turning-vowels.heptode-preset"),
    include_str!("../../../assets/presets/typing-pool.heptode-preset"),
    include_str!("../../../assets/presets/wah-clav.heptode-preset"),
    include_str!("../../../assets/presets/wide-saw-lead.heptode-preset"),
    include_str!("../../../assets/presets/winding-motor.heptode-preset"),
    include_str!("../../../assets/presets/wobble-sub.heptode-preset"),
];

/// The built-in presets, in the order of their files; none where no pack is built in.
pub fn factory() -> &'static [Preset] {
    static PRESETS: OnceLock<Vec<Preset>> = OnceLock::new();
    PRESETS.get_or_init(read)
}

#[cfg(not(feature = "factory-pack"))]
fn read() -> Vec<Preset> {
    Vec::new()
}

/// A file that cannot be read is a fault of the build, which the tests find; the others stay.
#[cfg(feature = "factory-pack")]
fn read() -> Vec<Preset> {
    let Ok(packs) = crate::pack::AnyPack::shipped_infos() else { return Vec::new() };
    let bound = |text: &&str| {
        let mut preset = Preset::parse(text).ok()?;
        let (_, pack) = packs.iter().find(|(_, pack)| pack.id == preset.document.pack.id)?;
        bind(&mut preset.document, pack);
        Some(preset)
    };
    FILES.iter().filter_map(bound).collect()
}

/// Gives each sound the point that it has in the pack, and the knobs that of their sound.
#[cfg(feature = "factory-pack")]
fn bind(document: &mut crate::state::StateDocument, pack: &crate::pack::PackInfo) {
    document.pack = crate::state::PackRef::new(&pack.id, &pack.hash);
    for sound in document.corners.iter_mut().chain(&mut document.knobs) {
        if let Ok(here) = pack.sound(&sound.name) {
            sound.latent = here.latent;
        }
    }
    for (axis, sigma) in document.knobs.iter().flat_map(|sound| sound.latent.into_iter().enumerate()) {
        document.params.insert(crate::params::ParamId::latent(axis).spec().id.to_owned(), sigma);
    }
}

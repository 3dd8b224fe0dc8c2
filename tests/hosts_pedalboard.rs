//! The built VST3 in pedalboard, a host that shares no code with ours (JUCE, from PyPI). The measuring is done in
//! `python/pedalboard_host.py`, in the Python environment that `cargo xtask test` makes.

use engine::params::TABLE;
use support::bundles::{bundle, knobs, pitched_sound};
use support::python;

#[test]
fn pedalboard_loads_and_plays_the_vst3() {
    let knobs = knobs(&pitched_sound()).map(|(_, value)| value.to_string()).join(",");
    let mut host = python::script("pedalboard_host.py");
    print!("{}", python::run(host.arg(bundle("Heptode.vst3")).arg(knobs).arg(TABLE.len().to_string())));
}

//! Heptode as a program of its own: MIDI in, sound out, the editor in a window.

fn main() {
    nice_plug::nice_export_standalone::<plugin::Heptode>();
}

//! The figures for people: each beside its goal of DESIGN.md section 7.

use serde_json::Value;

use super::decode::PARTS;

/// A figure with an upper bound.
struct Row {
    what: &'static str,
    /// Place in the report, as a JSON pointer.
    pointer: &'static str,
    goal: f64,
    unit: &'static str,
}

const ROWS: [Row; 11] = [
    // On a core with AVX-512; with AVX2 alone, 20.
    row("latent to 2 s of samples, median", "/latent_to_samples_ms/median", 10.0, "ms"),
    row("its first playable region, median", "/first_region_ms/median", 4.0, "ms"),
    row("knob to the new sound, 99th percentile", "/knob_to_sound_ms/p99", 15.0, "ms"),
    row("decoder in tract / ONNX Runtime", "/graphs/decoder/ratio", 1.1, ""),
    row("vocoder in tract / ONNX Runtime", "/graphs/vocoder/ratio", 1.1, ""),
    row("32 voices / fastest peer", "/voices/ratio_to_fastest_peer", 1.0, ""),
    row("32 voices, filter, 8 routes, 4 effects", "/voices/full_percent_of_a_core", 20.0, "% of a core"),
    row("idle instances together", "/idle/percent_of_a_core", 0.1, "% of a core"),
    row("library loaded", "/load_ms", 20.0, "ms"),
    row("opened to first sound", "/open_ms", 300.0, "ms"),
    row("memory of each further instance", "/instance_mb", 8.0, "MB"),
];

const fn row(what: &'static str, pointer: &'static str, goal: f64, unit: &'static str) -> Row {
    Row { what, pointer, goal, unit }
}

/// Prints the table, then what the figures consist of.
pub fn print(report: &Value) {
    println!("\n  {:<42} {:>10} {:>10}", "", "measured", "goal");
    for Row { what, pointer, goal, unit } in &ROWS {
        let Some(value) = report.pointer(pointer).and_then(Value::as_f64) else {
            println!("  {what:<42} {:>10} {goal:>10} {unit}", "–");
            continue;
        };
        let verdict = if value <= *goal { "" } else { "  above" };
        println!("  {what:<42} {value:>10.2} {goal:>10} {unit}{verdict}");
    }
    decode(report);
    voices(&report["voices"]);
    let text = |pointer: &str| format!("{:.0}", number(report.pointer(pointer).unwrap_or(&Value::Null)));
    println!("\n  opening a further instance to its first sound: {} ms", text("/open_further_ms"));
}

fn decode(report: &Value) {
    let (audio_s, total) = (number(&report["about"]["audio_s"]), number(&report["latent_to_samples_ms"]["median"]));
    println!(
        "\n  a decode, {:.0} times real time; the median of {} consists of",
        audio_s * 1e3 / total,
        report["decodes"]
    );
    for part in PARTS {
        println!("    {part:<16} {:8.2} ms", number(&report["parts_ms"][part]));
    }
    println!("    import of a file, from reading it to its residual: {:.0} ms", number(&report["about"]["import_ms"]));
    println!("\n  graphs, one thread      tract   ONNX Runtime {}", report["onnxruntime"].as_str().unwrap_or("?"));
    for name in ["decoder", "vocoder"] {
        let graph = &report["graphs"][name];
        println!("    {name:<16} {:8.2} ms {:14.2} ms", number(&graph["tract_ms"]), number(&graph["onnxruntime_ms"]));
    }
}

fn voices(voices: &Value) {
    println!("\n  {} voices at {} Hz, percent of a core", voices["voices"], voices["sample_rate_hz"]);
    println!("    {:<16} {:8.2}", "Heptode", number(&voices["percent_of_a_core"]));
    for peer in voices["peers"].as_array().into_iter().flatten() {
        let text = |key: &str| peer[key].as_str().unwrap_or("?");
        let percent = number(&peer["percent_of_a_core"]);
        println!("    {:<16} {percent:8.2}   interpolation: {}", text("name"), text("interpolation"));
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

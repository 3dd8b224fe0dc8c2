//! Graphs that would take gigabytes, read outside of their tensors or contradict themselves: each gets one line, soon.

use std::time::{Duration, Instant};

use super::super::GraphError;
use super::build::{Build, int, ints, word};

const INT64: i64 = 7;
const HUGE: i64 = 1 << 40;

/// The line that refuses a graph from `x` [1, 4] to `y` [1, 4], at loading.
fn refusal(of: &str, build: Build) -> String {
    let started = Instant::now();
    let error = match build.load(&[1, 4], &[1, 4]) {
        Ok(_) => panic!("{of} was loaded"),
        Err(error) => error.to_string(),
    };
    assert!(!error.contains('\n') && error.len() < 600, "{of}: {error}");
    assert!(started.elapsed() < Duration::from_secs(5), "{of}: {:?}", started.elapsed());
    error
}

fn range(from: i64, to: i64, step: i64) -> Build {
    let build = Build::new().shaped_integers("from", &[], &[from]).shaped_integers("to", &[], &[to]);
    build.shaped_integers("step", &[], &[step]).node("Range", "from to step", "r").node("Add", "x r", "y")
}

#[test]
fn constants_that_make_large_tensors_are_refused() {
    for (from, to, step) in [(0, HUGE, 1), (i64::MIN, i64::MAX, 1), (0, 4, 0), (4, 0, 1), (0, -HUGE, -1)] {
        assert!(refusal("Range", range(from, to, step)).contains("operator Range makes"));
    }
    for shape in [vec![HUGE], vec![1 << 20, 1 << 20, 1 << 20, 1 << 20], vec![-1], vec![HUGE, HUGE, HUGE, 0, -1]] {
        let build =
            Build::new().integers("shape", &shape).node("ConstantOfShape", "shape", "z").node("Add", "x z", "y");
        let message = refusal("ConstantOfShape", build);
        assert!(message.contains("ConstantOfShape makes") || shape.len() == 5, "{message}");
    }
    let of_computed = Build::new().floats("n", &[1], &[1e12]).node_with("Cast", "n", "shape", vec![int("to", INT64)]);
    let message = refusal("computed size", of_computed.node("ConstantOfShape", "shape", "z").node("Add", "x z", "y"));
    assert!(message.contains("takes its size from a computed tensor"), "{message}");
}

#[test]
fn constants_that_are_blown_up_are_refused() {
    let one = || Build::new().floats("one", &[1, 1], &[1.0]);
    let tiled = one().integers("times", &[HUGE, 1]).node("Tile", "one times", "t").node("Add", "x t", "y");
    let expanded = one().integers("shape", &[HUGE, 4]).node("Expand", "one shape", "t").node("Add", "x t", "y");
    let padded = one().integers("pads", &[0, HUGE, 0, 0]).node("Pad", "one pads", "t").node("Add", "x t", "y");
    let column = vec![1.0; 1 << 16];
    let crossed = Build::new().floats("a", &[1 << 16, 1], &column).floats("b", &[1, 1 << 16], &column);
    let crossed = crossed.node("Less", "a b", "t").node("Where", "t x x", "y");
    // The order of nodes in the file does not hide what they compute from.
    let later = one().node("Add", "x t", "y").node("Add", "u u", "t").node("Cos", "one", "u");
    for (of, build) in [("Tile", tiled), ("Expand", expanded), ("Pad", padded), ("Less", crossed), ("Add", later)] {
        let message = refusal(of, build);
        assert!(message.contains(&format!("operator {of} computes from constants alone")), "{message}");
    }
}

#[test]
fn results_that_grow_too_large_are_refused() {
    let tile = Build::new().integers("times", &[HUGE, 1]).node("Tile", "x times", "y");
    let overflow = Build::new().integers("times", &[i64::MAX, i64::MAX]).node("Tile", "x times", "y");
    let expand = Build::new().integers("shape", &[HUGE, 4]).node("Expand", "x shape", "y");
    let pad = Build::new().integers("pads", &[0, HUGE, 0, HUGE]).node("Pad", "x pads", "y");
    let scales = Build::new().floats("scales", &[2], &[1.0, 1e12]);
    let resize = scales.node_with("Resize", "x - scales", "y", vec![word("mode", "nearest")]);
    let negative = Build::new().integers("times", &[-1, 1]).node("Tile", "x times", "y");
    let steps = (0..40).fold(Build::new().integers("times", &[2, 1]), |build, step| {
        let from = if step == 0 { "x".to_owned() } else { format!("t{step}") };
        build.node("Tile", &format!("{from} times"), &format!("t{}", step + 1))
    });
    let steps = steps.integers("axes", &[0]).node("ReduceSum", "t40 axes", "y");
    let broadcast = Build::new().integers("column", &[4, 1, 1]).integers("row", &[4, 1]);
    let broadcast =
        broadcast.integers("many", &[1 << 20, 1, 1]).node("Tile", "a many", "c").node("Where", "l c x", "y");
    let broadcast = broadcast.node("Reshape", "x column", "a").node("Reshape", "x row", "b").node("Less", "b x", "l");
    for (of, build) in [
        ("Tile", tile),
        ("overflowing Tile", overflow),
        ("Expand", expand),
        ("Pad", pad),
        ("Resize", resize),
        ("negative Tile", negative),
        ("doubling", steps),
        ("Where", broadcast),
    ] {
        refusal(of, build);
    }
}

#[test]
fn sizes_that_follow_values_are_refused() {
    let sizes = || Build::new().node_with("Cast", "x", "n", vec![int("to", INT64)]).integers("flat", &[4]);
    let sizes = || sizes().node("Reshape", "n flat", "shape");
    let cases = [
        ("ConstantOfShape", sizes().node("ConstantOfShape", "shape", "y")),
        ("Expand", sizes().node("Expand", "x shape", "y")),
        ("Reshape", sizes().node("Reshape", "x shape", "y")),
        ("Tile", sizes().node("Tile", "x n", "y")),
    ];
    for (of, build) in cases {
        refusal(of, build);
    }
}

#[test]
fn contradicting_shapes_are_refused() {
    let split = Build::new().integers("sizes", &[3, 5]).node_with("Split", "x sizes", "a b", vec![int("axis", 1)]);
    let negative = Build::new().integers("sizes", &[9, -5]).node_with("Split", "x sizes", "a b", vec![int("axis", 1)]);
    let far = Build::new().integers("sizes", &[2, 2]).node_with("Split", "x sizes", "a b", vec![int("axis", 9)]);
    let reshape = Build::new().integers("shape", &[3, 5]).node("Reshape", "x shape", "a").node("Neg", "a", "y");
    let twice = Build::new().integers("shape", &[-1, -1]).node("Reshape", "x shape", "y");
    let product = Build::new().integers("shape", &[HUGE, HUGE]).node("Reshape", "x shape", "a").node("Neg", "a", "y");
    let condition = Build::new().floats("c", &[3], &[0.0; 3]).integers("half", &[2, 2]).node("Reshape", "x half", "h");
    let condition = condition.node("Less", "h h", "l").node("Add", "x c", "d").node("Where", "l d x", "y");
    let top = Build::new().integers("k", &[HUGE]).node("TopK", "x k", "y i");
    let axis = Build::new().node_with("Softmax", "x", "y", vec![int("axis", 70)]);
    let most = Build::new().node_with("ArgMax", "x", "i", vec![int("axis", i64::MIN)]).node("Neg", "i", "y");
    for (of, build) in [
        ("Split", split.node("Add", "a b", "y")),
        ("negative Split", negative.node("Add", "a b", "y")),
        ("Split of no axis", far.node("Add", "a b", "y")),
        ("Reshape", reshape),
        ("Reshape to two unknown sizes", twice),
        ("overflowing Reshape", product),
        ("Where", condition),
        ("TopK", top),
        ("Softmax of no axis", axis),
        ("ArgMax of no axis", most),
    ] {
        refusal(of, build);
    }
}

#[test]
fn windows_that_are_too_large_are_refused() {
    for (name, sizes) in [("kernel_shape", [HUGE]), ("kernel_shape", [-1]), ("strides", [1 << 62]), ("pads", [-HUGE])] {
        let pool = Build::new().integers("deep", &[1, 1, 4]).node("Reshape", "x deep", "a");
        let pool = pool.node_with("AveragePool", "a", "y", vec![ints("kernel_shape", &[1]), ints(name, &sizes)]);
        assert!(refusal(name, pool).contains("too large"));
    }
}

/// Indices may come from values: what they point at is only known in a run, which then fails and does no more.
#[test]
fn places_outside_of_a_tensor_fail_the_run() {
    let code = || Build::new().node_with("Cast", "x", "i", vec![int("to", INT64)]).floats("book", &[3, 1], &[5.0; 3]);
    let gather = code().node("Gather", "book i", "a").integers("shape", &[1, 4]).node("Reshape", "a shape", "y");
    let elements = Build::new().node_with("Cast", "x", "i", vec![int("to", INT64)]);
    let elements = elements.node_with("GatherElements", "x i", "y", vec![int("axis", 1)]);
    let rows = code().integers("column", &[4, 1]).node("Reshape", "i column", "c").integers("shape", &[1, 4]);
    let rows = rows.node("GatherND", "book c", "a").node("Reshape", "a shape", "y");
    let place = Build::new().node_with("Cast", "x", "i", vec![int("to", INT64)]).integers("column", &[4, 1]);
    let place = place.node("Reshape", "i column", "c").floats("rows", &[4, 4], &[1.0; 16]);
    let scatter = place.node("ScatterND", "x c rows", "y");
    for (of, build) in [("Gather", gather), ("GatherElements", elements), ("GatherND", rows), ("ScatterND", scatter)] {
        let graph = build.load(&[1, 4], &[1, 4]).expect("zeros are inside");
        for far in [5.0, -9.0, 1e9, -1e18, 1e18] {
            let result = graph.runner().expect("memory").run(&[&[far; 4]]).map(|outputs| outputs.get(0).to_vec());
            assert!(matches!(result, Err(GraphError::Run { .. })), "{of} at {far}: {result:?}");
        }
    }
}

//! Operators of transformers and quantisers, each with numbers worked out by hand.

use super::build::{Build, float_tensor, int};

const FLOAT: i64 = 1;
const INT64: i64 = 7;

fn assert_near(found: &[f32], wanted: &[f32], of: &str) {
    let is_near = found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 2e-5);
    assert!(is_near, "{of}: {found:?}, expected {wanted:?}");
}

/// Operators on one input without attributes.
#[test]
fn functions_of_one_number() {
    let x = [-1.5, 0.25, 2.5];
    let positive = [0.5, 1.0, 4.0];
    // Abramowitz and Stegun, table 7.1, for the error function; Gelu is x·(1 + erf(x/√2))/2.
    let cases: [(&str, [f32; 3], [f32; 3]); 12] = [
        ("Abs", x, [1.5, 0.25, 2.5]),
        ("Neg", x, [1.5, -0.25, -2.5]),
        ("Floor", x, [-2.0, 0.0, 2.0]),
        ("Ceil", x, [-1.0, 1.0, 3.0]),
        ("Round", x, [-2.0, 0.0, 2.0]),
        ("Cos", x, x.map(f32::cos)),
        ("Sin", x, x.map(f32::sin)),
        ("Erf", x, [-0.966_105, 0.276_326, 0.999_593]),
        ("Gelu", x, [-0.100_211, 0.149_677, 2.484_476]),
        ("Softplus", x, x.map(|x| x.exp().ln_1p())),
        ("Log", positive, positive.map(f32::ln)),
        ("Reciprocal", positive, [2.0, 1.0, 0.25]),
    ];
    for (operator, x, wanted) in cases {
        // Shifted by 1 where the trial run on zeros would not be finite.
        let shift = if x == positive { 1.0 } else { 0.0 };
        let build = Build::new().floats("shift", &[1], &[shift]).node("Add", "x shift", "s").node(operator, "s", "y");
        assert_near(&build.run(&x.map(|x| x - shift), &[1, 3], &[1, 3]), &wanted, operator);
    }
}

#[test]
fn normalising_and_reducing() {
    let x = [1.0, 2.0, 3.0, 2.0, 0.0, -2.0];
    let run = |build: Build, y: &[usize]| build.run(&x, &[2, 3], y);
    let softmax = [0.090_030_6, 0.244_728, 0.665_241, 0.866_814, 0.117_310, 0.015_876_2];
    assert_near(&run(Build::new().node("Softmax", "x", "y"), &[2, 3]), &softmax, "Softmax");
    let logarithms = softmax.map(f32::ln);
    assert_near(&run(Build::new().node("LogSoftmax", "x", "y"), &[2, 3]), &logarithms, "LogSoftmax");
    let scaled = Build::new().floats("scale", &[3], &[1.0, 2.0, 1.0]).floats("bias", &[3], &[0.0, 0.5, 0.0]);
    let found = run(scaled.node("LayerNormalization", "x scale bias", "y"), &[2, 3]);
    assert_near(&found, &[-1.224_736, 0.5, 1.224_736, 1.224_742, 0.5, -1.224_742], "LayerNormalization");
    for (operator, wanted) in [("ReduceSum", [6.0, 0.0]), ("ReduceMax", [3.0, 2.0]), ("ReduceMin", [1.0, -2.0])] {
        assert_near(
            &run(Build::new().integers("axes", &[1]).node(operator, "x axes", "y"), &[2, 1]),
            &wanted,
            operator,
        );
    }
    let found = run(Build::new().shaped_integers("axis", &[], &[1]).node("CumSum", "x axis", "y"), &[2, 3]);
    assert_near(&found, &[1.0, 3.0, 6.0, 2.0, 2.0, 0.0], "CumSum");
    let largest = Build::new().floats("zero", &[1], &[0.5]).node("Max", "x zero", "m").floats("two", &[1], &[2.0]);
    assert_near(&run(largest.node("Min", "m two", "y"), &[2, 3]), &[1.0, 2.0, 2.0, 2.0, 0.5, 0.5], "Max, Min");
}

#[test]
fn comparing_and_choosing() {
    let x = [-1.0, 0.0, 0.5, 2.0];
    let compare = |operator: &str| {
        let build = Build::new().floats("half", &[1], &[0.5]).node(operator, "x half", "c");
        build.node_with("Cast", "c", "y", vec![int("to", FLOAT)]).run(&x, &[1, 4], &[1, 4])
    };
    for (operator, wanted) in [
        ("Less", [1.0, 1.0, 0.0, 0.0]),
        ("LessOrEqual", [1.0, 1.0, 1.0, 0.0]),
        ("Equal", [0.0, 0.0, 1.0, 0.0]),
        ("Greater", [0.0, 0.0, 0.0, 1.0]),
        ("GreaterOrEqual", [0.0, 0.0, 1.0, 1.0]),
    ] {
        assert_near(&compare(operator), &wanted, operator);
    }
    let band = || {
        let bounds = Build::new().floats("low", &[1], &[0.0]).floats("high", &[1], &[1.0]);
        bounds.node("Less", "x low", "a").node("Greater", "x high", "b")
    };
    let chosen = band().node("Or", "a b", "outside").node("Where", "outside high x", "y").run(&x, &[1, 4], &[1, 4]);
    assert_near(&chosen, &[1.0, 0.0, 0.5, 1.0], "Or, Where");
    let inside = band().node("Not", "a", "c").node("Not", "b", "d").node("And", "c d", "inside");
    let chosen = inside.node("Where", "inside high x", "y").run(&x, &[1, 4], &[1, 4]);
    assert_near(&chosen, &[-1.0, 1.0, 1.0, 2.0], "Not, And, Where");
}

#[test]
fn positions_and_masks() {
    let positions = Build::new().shaped_integers("from", &[], &[0]).shaped_integers("to", &[], &[4]);
    let positions = positions.shaped_integers("step", &[], &[1]).node("Range", "from to step", "r");
    let positions = positions.node_with("Cast", "r", "p", vec![int("to", FLOAT)]).node("Sin", "p", "s");
    let found = positions.node("Add", "x s", "y").run(&[0.0; 4], &[1, 4], &[1, 4]);
    assert_near(&found, &[0.0, 1_f32.sin(), 2_f32.sin(), 3_f32.sin()], "Range");
    let filled = Build::new().integers("shape", &[2, 4]).node_with(
        "ConstantOfShape",
        "shape",
        "z",
        vec![float_tensor("value", 0.5)],
    );
    let found = filled.node("Add", "x z", "y").run(&[1.0, 2.0, 3.0, 4.0], &[1, 4], &[2, 4]);
    assert_near(&found, &[1.5, 2.5, 3.5, 4.5, 1.5, 2.5, 3.5, 4.5], "ConstantOfShape");
    let found = Build::new().integers("times", &[2, 1]).node("Tile", "x times", "y").run(&[1.0, 2.0], &[1, 2], &[2, 2]);
    assert_near(&found, &[1.0, 2.0, 1.0, 2.0], "Tile");
    let split = Build::new().integers("sizes", &[1, 3]).node_with("Split", "x sizes", "a b", vec![int("axis", 1)]);
    let found = split.node("Mul", "a b", "y").run(&[2.0, 1.0, 3.0, 5.0], &[1, 4], &[1, 3]);
    assert_near(&found, &[2.0, 6.0, 10.0], "Split");
}

#[test]
fn codes_are_found_and_looked_up() {
    let to_float = |build: Build| build.node_with("Cast", "i", "y", vec![int("to", FLOAT)]);
    let x = [3.0, -1.0, 2.0, 0.0, 7.0, 7.5];
    for (operator, wanted) in [("ArgMax", [0.0, 2.0]), ("ArgMin", [1.0, 0.0])] {
        let found = Build::new().node_with(operator, "x", "i", vec![int("axis", 1), int("keepdims", 0)]);
        assert_near(&to_float(found).run(&x, &[2, 3], &[2]), &wanted, operator);
    }
    let top = Build::new().integers("k", &[2]).node("TopK", "x k", "y i");
    assert_near(&top.run(&x, &[2, 3], &[2, 2]), &[3.0, 2.0, 7.5, 7.0], "TopK");
    let code = |build: Build| build.node_with("Cast", "x", "i", vec![int("to", INT64)]);
    let book = || code(Build::new().floats("book", &[3, 2], &[0.0, 1.0, 10.0, 11.0, 20.0, 21.0]));
    let found = book().node("Gather", "book i", "y").run(&[2.0, 0.0], &[2], &[2, 2]);
    assert_near(&found, &[20.0, 21.0, 0.0, 1.0], "Gather");
    let found = book().node("GatherND", "book i", "y").run(&[1.0, 1.0, 2.0, 0.0], &[2, 2], &[2]);
    assert_near(&found, &[11.0, 20.0], "GatherND");
    let found = book().node_with("GatherElements", "book i", "y", vec![int("axis", 0)]);
    assert_near(&found.run(&[2.0, 1.0], &[1, 2], &[1, 2]), &[20.0, 11.0], "GatherElements");
    let place = Build::new().shaped_integers("place", &[1, 1], &[1]).floats("row", &[1, 2], &[8.0, 9.0]);
    let found = place.node("ScatterND", "x place row", "y").run(&[1.0, 2.0, 3.0, 4.0], &[2, 2], &[2, 2]);
    assert_near(&found, &[1.0, 2.0, 8.0, 9.0], "ScatterND");
}

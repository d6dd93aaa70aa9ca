"""What the oracle runs: the commands that make its fixed workspace, and those whose answers are compared.

Words in braces are filled in: `{samples}` the shipped samples of the code that runs, `{inputs}` the raw files that belong
to the oracle, `{cosine_run}` and the like the runs that were trained when it was written.
"""

SMALL_IMAGES = (
    "--set ohdus=2 --set compressed=true --set n_rows=500 --set n_columns=520 --set overscan_columns=50 "
    "--set overscan_rows=10 --set exposure_low_h=1 --set electrons=4000 --set spots=2500 --set hot_pixels=600 "
    "--set serial_lines=100"
)
QUICK = "--set seed=1 --set xla=no --set batch_size=32"
PRESSURE = "time,pressure\n2016-07-01T00:00,1004\n2016-09-01T00:00,1012\n2030-01-01T00:00,1008\n"

MADE = {
    "sample": "prepare cosine {samples}/cosine/* --name sample",
    "connie_sample": "prepare connie {samples}/connie/* --name connie-sample",
    "cosine_files": "simulate cosine --out {inputs}/cosine-new --events 400 --crystals 1,3,7 --seed 76",
    "cosine_new": "prepare cosine {inputs}/cosine-new/* --name cosine-new",
    "connie_files": "simulate connie --out {inputs}/connie-new --events 900 --seed 77 " + SMALL_IMAGES,
    "connie_new": "prepare connie {inputs}/connie-new/* --name connie-new",
    "lpar": "derive sample lpar",
    "stored": "select sample --preset dnn2020 --cut energy_high_kev=9 --save narrow",
    "cosine_run": f"train sample --model compact --set epochs=6 {QUICK} --wait",
    "dense_run": f"train sample --model dense --preset dnn2020 --set epochs=3 {QUICK} --wait",
    "study": f"compatibility sample --model compact --crystals 1,3 --windows 3-10 --set epochs=3 {QUICK}",
    "connie_run": f"train connie-sample --model compact --preset three --set epochs=2 {QUICK} --wait",
    "seven_run": f"train connie-sample --model compact --preset seven --set epochs=2 {QUICK} --wait",
    "cosine_scores": "predict {cosine_run} cosine-new --wait",
    "cosine_trees": "baselines {cosine_run} cosine-new --wait",
    "connie_scores": "predict {connie_run} connie-new --wait",
    "seven_scores": "predict {seven_run} connie-new --wait",
    "wide": "low-energy {cosine_run} --score",
    "temperature": "calibrate {cosine_run}",
    "label_1": "labels set connie-sample 238.2.1.0.10 'segmentation error' --labeller anna",
    "label_2": "labels set connie-sample 238.2.1.0.10 'muon sure' --labeller ben",
    "label_3": "labels set connie-sample 242.2.1.0.159 spot --labeller anna --difficult",
    "label_4": "labels set connie-sample 242.2.1.0.159 spot --labeller ben",
    "label_5": "labels set connie-sample 248.2.1.0.128 'muon sure' --labeller anna",
    "frozen": "labels freeze connie-sample",
}
"""Commands that make the workspace, in order; a run that one of them trains is called by its key."""

ANSWERS = {
    "datasets": "datasets",
    "runs": "runs",
    "sources cosine": "sources sample",
    "sources connie": "sources connie-sample",
    "preview cosine": "preview cosine {samples}/cosine/mrgd_M001601.root.000",
    "preview connie": "preview connie {samples}/connie/runID_9_00238_sim_p1.fits.fz",
    "select cosine": "select sample",
    "select cosine cnn2020": "select sample --preset cnn2020",
    "select cosine dnn2020": "select sample --preset dnn2020 --labels truth",
    "select cosine stored": "select sample --selection narrow",
    "select cosine random": "select sample --preset everything --labels truth --division method=random",
    "select connie three": "select connie-sample --preset three",
    "select connie seven": "select connie-sample --preset seven",
    "select connie shape": "select connie-sample --preset shape",
    "event cosine": "event sample 1601.3.73.7 --run {cosine_run}",
    "event connie": "event connie-sample 242.2.1.0.159 --run {connie_run}",
    "images": "images connie-new --run {seven_run}",
    "evaluate cosine": "evaluate {cosine_run}",
    "evaluate cosine all": "evaluate {cosine_run} --split all --threshold 0.8 --labels truth",
    "evaluate cosine new": "evaluate {cosine_run} --data cosine-new",
    "evaluate dense": "evaluate {dense_run}",
    "evaluate connie three": "evaluate {connie_run}",
    "evaluate connie seven": "evaluate {seven_run} --reject-below 0.3",
    "evaluate connie class": "evaluate {seven_run} --of worm --split all",
    "evaluate connie new": "evaluate {connie_run} --data connie-new",
    "compatibility": f"compatibility sample --model compact --crystals 1,3 --windows 3-10 --set epochs=3 {QUICK}",
    "studies": "compatibility --list",
    "apply": "apply {connie_run} connie-new --calibrate connie-sample --pressure {inputs}/pressure.csv",
    "apply alone": "apply {seven_run} connie-new --calibrate none --set threshold=0.7",
    "apply own": "apply {seven_run} connie-sample --calibrate connie-new",
    "low-energy cosine": "low-energy {cosine_run}",
    "low-energy cosine bins": "low-energy {cosine_run} --labels truth --bin-kev 0.5 --keep 90 --threshold 0.7",
    "low-energy connie": "low-energy {connie_run}",
    "calibrate cosine": "calibrate {cosine_run}",
    "calibrate cosine equal": "calibrate {cosine_run} --bins equal-count --split all --mix 0.1",
    "calibrate connie": "calibrate {connie_run}",
    "cut": "study-cut sample --feature nmt500_us --labels truth",
    "two cuts": "study-cut sample --feature nmt500_us --second lpar --labels truth --merit harmonic",
    "cut and run": "study-cut sample --feature nmt500_us --run {cosine_run} --labels truth",
    "trigger": "trigger --energies 0.25,0.5,1 --events 500",
    "trigger and cut": "trigger --data sample --events 300",
    "trigger and run": "trigger --run {cosine_run} --events 300 --set coincidence_ns=100",
    "published": "published --data sample",
    "published study": "published --data sample --study {study} --run {dense_run}",
    "energy scale": "energy-scale connie {inputs}/ESIS3_05400.fit.gz {inputs}/ESIS3_05408.fit.gz --mapping msfc",
    "energy scale together": (
        "energy-scale connie {inputs}/ESIS3_05400.fit.gz {inputs}/ESIS3_05408.fit.gz --mapping msfc --line together=true"
    ),
    "networks cosine": "networks cosine",
    "networks connie": "networks connie",
    "labels": "labels show connie-sample",
    "labels next": "labels next connie-sample --labeller anna --run {seven_run}",
    "refused cut": "select sample --cut energy_low_kev=-5",
    "refused data": "select nothing",
    "refused run": "evaluate nothing",
    "refused experiment": "energy-scale cosine nothing.root",
}
"""Commands whose every value is compared, run with the code under test on a copy of the workspace."""

AGAIN = {
    "cosine sample": "prepare cosine {samples}/cosine/* --name again-cosine --jobs 1",
    "connie sample": "prepare connie {samples}/connie/* --name again-connie --jobs 1",
    "cosine files": "simulate cosine --out {scratch}/cosine --events 60 --seed 5",
    "connie files": "simulate connie --out {scratch}/connie --events 100 --seed 5 " + SMALL_IMAGES,
    "cosine simulated": "prepare cosine {scratch}/cosine/* --name again-cosine-simulated --jobs 1",
    "connie simulated": "prepare connie {scratch}/connie/* --name again-connie-simulated --jobs 1",
    "measured traces": "prepare cosine {inputs}/hisparc501.root --name again-hisparc --mapping hisparc --jobs 1",
    "measured tracks": "prepare connie {inputs}/cosmic_rays_itl_2017.fits.gz --name again-lsst --mapping lsst --jobs 1",
    "lpar": "derive again-cosine lpar",
    "cosine scores": "predict {cosine_run} again-cosine-simulated --wait",
    "connie scores": "predict {seven_run} again-connie-simulated --wait",
    "cosine judged": "evaluate {cosine_run} --data again-cosine-simulated --labels truth",
    "connie judged": "evaluate {seven_run} --data again-connie-simulated --labels truth",
}
"""Commands that read raw files anew and score them; the data sets `again-*` are compared column by column."""

"""What notebooks do: each cell shows what it would show in JupyterLab, and ends nothing but itself."""

from __future__ import annotations

import pytest

from course.grading.submissions.pictures import is_picture
from tests.sandboxes import MIB, text_of, texts, threads, value_in, wait_until


def test_magics_and_help(kernel):
    assert text_of(kernel.execute("x = 7\n%pwd")).strip("'") == "/home/student/work"
    assert "Executing" not in str(kernel.execute("%time y = x + 1").failure)
    assert "Print" in str(kernel.execute("print?").outputs[0].data["text/plain"])
    assert kernel.execute("%%capture said\nprint('hidden')").outputs == []
    assert value_in(kernel, "said.stdout") == "'hidden\\n'"
    assert texts(kernel.execute("%history -n 1-2")) == "   1:\nx = 7\n%pwd\n   2: %time y = x + 1\n"
    assert "x = 7" in value_in(kernel, "In[1]")
    kernel.execute("21 * 2")
    assert value_in(kernel, "_") == "42"
    assert kernel.execute("%nothing").status == "error" or "UsageError" in texts(kernel.execute("%nothing"))


@pytest.mark.parametrize(
    "code",
    [
        ",show a b",
        ";show a b",
        "/show 1 2",
        "if True:\n    %time show(1)",
        "y = %pwd\nshow(y)",
        "\x0c,show a b",
    ],
)
def test_magics_are_seen_wherever_they_stand(kernel, code):
    kernel.execute("def show(*values): print('shown', values)")
    assert "shown (" in texts(kernel.execute(code))


@pytest.mark.parametrize(
    "code",
    ["help(len)", "breakpoint()", "license", "%autosave 60", "%clear", "%man ls", "%less none.txt"],
)
def test_what_is_left_from_working_at_it_ends_no_cell(kernel, code):
    result = kernel.execute(f"{code}\nright = True")
    assert (result.status, value_in(kernel, "right")) == ("ok", "True")


def test_help_is_shown(kernel):
    assert "in module builtins" in texts(kernel.execute("help(len)"))


def test_a_notebook_knows_that_it_is_one(kernel):
    assert value_in(kernel, "get_ipython().__class__.__name__") == "'ZMQInteractiveShell'"
    for shell in ("InteractiveShell", "ZMQInteractiveShell"):
        kernel.execute(f"%config {shell}.ast_node_interactivity = 'all'")
        assert len(kernel.execute("1\n2").outputs) == 2
        kernel.execute(f"%config {shell}.ast_node_interactivity = 'last_expr'")


def test_a_shells_programs_are_there(kernel):
    made = kernel.execute("%mkdir made\n!cp here.py made/there.py\n!ls made").outputs
    assert "cannot stat" in str(made), "cp says what is missing"
    kernel.execute("%%writefile here.py\nx = 5")
    assert texts(kernel.execute("!cp here.py made/there.py; ls made")).split() == ["there.py"]
    assert value_in(kernel, "__import__('made.there').there.x") == "5"
    assert texts(kernel.execute("%%bash\nfor name in *.py; do grep x $name; done")) == "x = 5\n"
    assert texts(kernel.execute("%%python\nimport course, numpy\nprint(numpy.ones(1))")) == "[1.]\n"


@pytest.mark.slow
def test_programs_write_between_prints(kernel):
    code = """
import os, subprocess, sys, ctypes
print('a'); get_ipython().system('echo b')
print('c'); os.system('echo d')
print('e'); subprocess.run('echo f', shell=True)
print('g'); os.write(1, b'h\\n')
print('i'); ctypes.CDLL(None).puts(b'j'); ctypes.CDLL(None).fflush(None)
print('k'); os.write(2, b'l\\n')
print('m', file=sys.stderr); print('n')
"""
    result = kernel.execute(code)
    assert result.status == "ok", result
    assert texts(result).split() == [*"abcdefghijklmn"]
    assert [o.name for o in result.outputs] == ["stdout", "stderr", "stdout"]


@pytest.mark.slow
def test_a_character_may_come_in_two_writes(kernel):
    code = "import os, time\nfor byte in 'δ½'.encode():\n    os.write(1, bytes([byte])); time.sleep(0.02)"
    assert texts(kernel.execute(code)) == "δ½"


def test_files_of_a_program(kernel):
    kernel.execute("files = !echo one two")
    assert value_in(kernel, "files[0]") == "'one two'"


def test_displays(kernel):
    code = """
from IPython.display import HTML, Latex, display, clear_output
class Rich:
    def _repr_html_(self): return "<b>rich</b>"
    def _repr_png_(self): return b"\\x89PNG"
    def __repr__(self): return "plain"
class Bundle:
    def _repr_mimebundle_(self, **_): return {"text/markdown": "**b**", "application/json": {"a": [1]}}
display(Rich(), Bundle(), HTML("<i>i</i>"), Latex("$x$"))
Rich()
"""
    result = kernel.execute(code)
    kinds = [sorted(output.data) for output in result.outputs]
    rich = ["image/png", "text/html", "text/plain"]
    assert kinds[0] == kinds[-1] == rich
    assert {"text/markdown", "application/json"} <= {*kinds[1]}
    assert result.outputs[0].data["image/png"].strip() == "iVBORw=="
    assert [output.output_type for output in result.outputs] == ["display_data"] * 4 + ["execute_result"]


@pytest.mark.slow
def test_five_hundred_displays(kernel):
    result = kernel.execute("from IPython.display import display\nfor k in range(500): display(k)")
    assert [output.data["text/plain"] for output in result.outputs] == [*map(str, range(500))]


@pytest.mark.slow
@pytest.mark.parametrize("formats", ["svg", "pdf", "svg', 'pdf"])
def test_a_figure_can_be_shown_whatever_its_format(kernel, formats):
    kernel.execute(f"%config InlineBackend.figure_formats = ['{formats}']\nimport matplotlib.pyplot as plt")
    (output,) = kernel.execute("plt.plot([1, 2]);").outputs
    assert is_picture("image/png", output.data["image/png"])
    (output,) = kernel.execute("figure, _ = plt.subplots(); plt.close(); figure").outputs
    assert is_picture("image/png", output.data["image/png"])
    (output,) = kernel.execute("from IPython.display import SVG\nSVG('<svg/>')").outputs
    assert "image/png" not in output.data


@pytest.mark.slow
def test_figures_are_shown_after_their_cell_and_closed(kernel):
    result = kernel.execute("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.figure(); print('drawn')")
    assert [output.output_type for output in result.outputs] == ["stream", "display_data", "display_data"]
    assert "image/png" in result.outputs[1].data
    assert value_in(kernel, "plt.get_fignums()") == "[]"
    assert kernel.execute("figure, axes = plt.subplots()\naxes.plot([1]);").outputs[-1].data["image/png"]
    assert "image/png" in kernel.execute("figure").outputs[-1].data


@pytest.mark.slow
@pytest.mark.parametrize("code", ["input('name? ')", "import getpass\ngetpass.getpass()"])
def test_asking_fails_with_a_sentence(kernel, code):
    failure = kernel.execute(code).failure
    assert failure.name == "RuntimeError"
    assert "Nobody can answer" in failure.message


@pytest.mark.parametrize("code", ["exit()", "quit()", "exit", "get_ipython().ask_exit()"])
def test_exit_ends_its_cell_only(kernel, code):
    result = kernel.execute(f"x = 1\nprint('before')\n{code}\nx = 2")
    expected = 2 if code == "exit" else 1  # a name alone does nothing
    assert (result.status, texts(result), len(result.outputs)) == ("ok", "before\n", 1)
    assert value_in(kernel, "x") == str(expected)
    assert kernel.execute(code if code != "exit" else "exit()").status == "ok"
    assert value_in(kernel, "x") == str(expected)


def test_exit_in_a_function_and_in_an_await_cell(kernel):
    kernel.execute("def f():\n    try: exit()\n    except Exception: pass\n    return 1")
    assert kernel.execute("x = f()").status == "ok"
    assert kernel.execute("import asyncio\nawait asyncio.sleep(0)\nexit()").status == "ok"
    assert kernel.execute("x").failure.name == "NameError"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import sys\nsys.exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise BaseException('x')", "BaseException"),
        ("raise GeneratorExit", "GeneratorExit"),
    ],
)
def test_what_is_raised_ends_its_cell_only(kernel, code, name):
    result = kernel.execute(f"print('before')\n{code}\nx = 2")
    assert (result.status, result.failure.name) == ("error", name)
    assert texts(result).startswith("before\n")
    assert name in [output.get("ename") for output in result.outputs]
    assert kernel.execute("1").status == "ok"


@pytest.mark.slow
def test_an_exception_is_shown_as_is_asked_now(kernel):
    code = """
try:
    1 / 0
except ZeroDivisionError:
    get_ipython().showtraceback()
    get_ipython().run_line_magic('xmode', 'Minimal')
    get_ipython().showtraceback()
"""
    first, second = (o for o in kernel.execute(code).outputs if o.output_type == "error")
    assert ["----> " in "".join(o.traceback) for o in (first, second)] == [True, False]
    kernel.execute("%xmode Context")


LEXERS = """
from pygments.lexers.python import PythonLexer
from pygments.token import Keyword, Text

class Plain(PythonLexer):
    pass

class Own(PythonLexer):
    tokens = {"root": [("x", Keyword), (".", Text)]}

code = "def f(x):\\n    return f'{x!r}' + 'text'\\n"
print(list(Plain().get_tokens(code)) == list(PythonLexer().get_tokens(code)))
print([str(kind) for kind, text in Own().get_tokens("xy") if text.strip()])
"""


def test_lexers_of_the_students_own_work(kernel):
    (output,) = kernel.execute(LEXERS).outputs
    assert output.text == "True\n['Token.Keyword', 'Token.Text']\n"


@pytest.mark.slow
def test_a_traceback_takes_no_look_at_all_modules(kernel):
    code = "import inspect\nismodule, looks = inspect.ismodule, []\n"
    code += "inspect.ismodule = lambda value: looks.append(1) or ismodule(value)\n"
    kernel.execute(code)
    assert kernel.execute("def divide():\n    return 1 / 0\n\ndivide()").status == "error"
    assert int(value_in(kernel, "len(looks)")) < 100
    kernel.execute("inspect.ismodule = ismodule")


@pytest.mark.slow
def test_exception_groups_are_shown_whole(kernel):
    result = kernel.execute("raise ExceptionGroup('two', [ValueError('one of them'), KeyError('the other')])")
    assert result.failure.name == "ExceptionGroup"
    assert "one of them" in "".join(result.outputs[-1].traceback)


@pytest.mark.slow
def test_the_last_exception_is_shown_again(kernel):
    kernel.execute("def f():\n    1 / 0\nf()")
    again = kernel.execute("%tb")
    assert "ZeroDivisionError" in str(again.outputs)
    assert value_in(kernel, "__import__('sys').last_type.__name__") == "'ZeroDivisionError'"


def test_widgets_display_as_text(kernel):
    result = kernel.execute("import ipywidgets\nslider = ipywidgets.FloatSlider(value=2.0)\nslider")
    assert "FloatSlider" in text_of(result)
    code = "from ipywidgets import interact\n@interact(k=(0, 3))\ndef f(k=1): print(k)"
    assert kernel.execute(code).status == "ok"
    code = "out = ipywidgets.Output()\nwith out: print('inside')\nslider.value = 3.0"
    assert kernel.execute(code).status == "ok"


@pytest.mark.slow
def test_a_program_that_never_stops_writing(start):
    kernel = start(cell=2.0)
    result = kernel.execute("!while :; do echo y; done")
    assert result.status == "timeout"
    assert "more output than" in result.outputs[-1].text
    assert len(texts(result)) < 1.2 * MIB


@pytest.mark.slow
def test_what_comes_after_the_end_of_a_cell_is_dropped(kernel):
    code = """
import os, subprocess, threading
over, done = threading.Event(), threading.Event()
def late():
    over.wait()
    print('late'); os.write(1, b'late\\n'); os.system('echo late')
    done.set()
threading.Thread(target=late).start()
program = subprocess.Popen(['/bin/sh', '-c', 'read line; echo late'], stdin=subprocess.PIPE)
"""
    before = threads(kernel)
    assert texts(kernel.execute(code)) == ""
    assert kernel.execute("threading.Timer(0.1, over.set).start()").status == "ok"
    assert wait_until(lambda: threads(kernel) == before)
    result = kernel.execute("assert done.is_set(); print('next')")
    assert (result.status, texts(result)) == ("ok", "next\n")


@pytest.mark.parametrize("end", ["os._exit(0)", "pass", "os.kill(os.getpid(), 9)"])
def test_a_forked_child_prints_however_it_ends(kernel, end):
    child = f"print('child', end=' '); print('prints')\n    {end}"
    # from Python 3.12 on, a process with threads is warned
    code = "import os, warnings\nwarnings.simplefilter('ignore')\n"
    code += f"if os.fork() == 0:\n    {child}\nelse: os.wait()"
    assert texts(kernel.execute(code)) == "child prints\n"


@pytest.mark.slow
def test_a_forked_child_prints(kernel):
    # from Python 3.12 on, a process with threads is warned
    code = """
import os, warnings
warnings.simplefilter('ignore')
print('parent', end=' ')
pid = os.fork()
if pid == 0:
    print('child', flush=True)
    os._exit(0)
os.waitpid(pid, 0); print('again')
"""
    assert texts(kernel.execute(code)) == "parent child\nagain\n"
    pool = "from multiprocessing import get_context\nwith get_context('fork').Pool(2) as pool:\n"
    result = kernel.execute(f"{pool}    print(pool.map(abs, [-1, -2]))")
    assert texts(result) == "[1, 2]\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "import io, sys; sys.stdout = io.StringIO()",
        "import sys; sys.stdout.close(); sys.stderr.close()",
        "import os; os.close(1); os.close(2)",
        "import sys\nif True: del sys.stdout\nsys.stdout = open('/dev/full', 'w')",
        "import sys; sys.stdout = sys.__stdout__",
    ],
)
def test_streams_that_the_code_takes_away(kernel, code):
    assert kernel.execute(code).status == "ok"
    assert kernel.execute("print('lost, or not')").status in ("ok", "error")
    kernel.execute("import io, sys\nsys.stdout = io.StringIO()")
    assert value_in(kernel, "1 + 1") == "2"


@pytest.mark.slow
def test_closed_descriptors_cost_no_time(kernel):
    kernel.execute("import os, time; os.close(1); os.close(2)")
    result = kernel.execute("begin = time.process_time(); time.sleep(0.5); time.process_time() - begin")
    assert float(text_of(result)) < 0.2


@pytest.mark.slow
def test_an_output_far_beyond_the_cap_is_no_error(start):
    kernel = start(memory=1 << 30)
    result = kernel.execute("print('x' * (70 << 20))")
    assert result.status == "ok"
    assert "more output" in result.outputs[-1].text


WITHOUT_JUPYTER = """
import sys
for name in ('ipykernel', 'zmq', 'tornado', 'jupyter_client'):
    assert name not in sys.modules, name
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('ipykernel', 'zmq', 'tornado', 'jupyter_client'):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker())
"""


@pytest.mark.slow
def test_nothing_of_jupyters_protocol_is_needed(kernel):
    assert kernel.execute(WITHOUT_JUPYTER).status == "ok"
    for code in (
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
        "import ipywidgets; ipywidgets.IntSlider()",
        "from course.explorer import LossExplorer\nLossExplorer(None, steps=5)",
        "print?",
    ):
        assert kernel.execute(code).status == "ok", code

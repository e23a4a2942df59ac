"""Class A: forging the verdict inside the kernel."""
# ruff: noqa: E501

from __future__ import annotations

from .attack import DISTRIBUTION, SCORES, WRONG, Attack, forging, twin

# What a learner can reach in an ipykernel to speak on its channels.
_KERNEL = """
import json, threading, time
shell = get_ipython()
kernel = shell.kernel
session = kernel.session
iopub = kernel.iopub_socket
def parent():
    return kernel.get_parent("shell")
def say(kind, content, header=None):
    session.send(iopub, kind, content, parent=header or parent())
"""
_FORGED_REPLY = """
import base64, sys, msgpack, numpy as np
def forged(outcome="value", value=None, **more):
    return {"outcome": outcome, "value": value, "detail": "", "printed": "", **more}
def as_text(data):
    return base64.b64encode(data).decode()
real_answer = sys.modules["autograder.asking.answer"]
"""
_INSTEAD = "real_answer.answer_text = lambda namespace, text: {}\n"


def _reply(name: str, tries: str, expression: str, **more) -> Attack:
    """An attack that answers every question with the bytes or text of an expression."""
    return forging(name, tries, _FORGED_REPLY + _INSTEAD.format(expression), **{"exact": False, **more})


ATTACKS = (
    forging(
        "input-transformer",
        "Turns the text of every later check into its full points before it runs.",
        "get_ipython().input_transformers_post.append("
        "lambda lines: ['2.0\\n'] if any('check(' in line for line in lines) else lines)",
    ),
    forging(
        "ast-transformer",
        "Rewrites calls of check into a number while the cell is compiled.",
        "import ast\n"
        "class Rewrite(ast.NodeTransformer):\n"
        "    def visit_Call(self, node):\n"
        "        is_check = isinstance(node.func, ast.Name) and node.func.id == 'check'\n"
        "        return ast.copy_location(ast.Constant(2.0), node) if is_check else node\n"
        "get_ipython().ast_transformers.append(Rewrite())",
    ),
    forging("check-redefined", "Defines a check of its own.", "def check(name):\n    return 2.0\n"),
    forging(
        "check-patched",
        "Replaces check where later cells would import it from.",
        "import autograder.practice, sys\n"
        "autograder.practice.check = lambda name: 2.0\n"
        "sys.modules['autograder.practice.check'] = autograder.practice",
    ),
    forging(
        "numpy-agrees",
        "Patches every comparison of NumPy to agree.",
        "import numpy.testing\n"
        "yes = lambda *a, **k: True\n"
        "np.allclose = np.array_equal = np.isclose = np.testing.assert_allclose = np.testing.assert_array_equal = yes\n"
        "np.testing.assert_almost_equal = np.testing.assert_equal = yes",
    ),
    forging(
        "patching-thread",
        "Keeps patching from a thread, in case somebody mends it.",
        "import threading, time, sys\n"
        "def keep():\n"
        "    while True:\n"
        "        globals()['check'] = lambda name: 2.0\n"
        "        np.allclose = lambda *a, **k: True\n"
        "        time.sleep(0.001)\n"
        "threading.Thread(target=keep, daemon=True).start()",
    ),
    Attack(
        "equals-everything",
        "Returns an object that equals everything.",
        answers={
            "scores": "class Equal:\n"
            "    __array_priority__ = 1e9\n"
            "    shape, dtype, ndim = (3,), np.dtype(float), 1\n"
            "    def __eq__(self, other): return True\n"
            "    __ne__ = lambda self, other: False\n"
            "    __hash__ = lambda self: 0\n"
            "    def __array_ufunc__(self, *a, **k): return True\n"
            "    def __array_function__(self, *a, **k): return True\n"
            "def scores(query, key): return Equal()"
        },
    ),
    Attack(
        "equal-array",
        "Returns an array of a class of its own that equals everything.",
        answers={
            "scores": "class Equal(np.ndarray):\n"
            "    def __eq__(self, other): return np.ones(self.shape, bool)\n"
            "    def __array_function__(self, *a, **k): return True\n"
            "    def __array_ufunc__(self, *a, **k): return np.ones(self.shape)\n"
            "def scores(query, key): return np.zeros(len(key)).view(Equal)"
        },
    ),
    Attack(
        "changes-when-looked-at",
        "Returns a tensor that is another one each time somebody reads it.",
        answers={
            "scores": "class Tensor:\n"
            "    dtype, turn = np.dtype(float), 0\n"
            "    def __init__(self, n): self.shape = (n,)\n"
            "    def numpy(self):\n"
            "        Tensor.turn += 1\n"
            "        return np.full(self.shape, float(Tensor.turn))\n"
            "def scores(query, key): return Tensor(len(key))"
        },
    ),
    Attack(
        "list-that-lies",
        "Returns a list that lies about its length and items.",
        answers={
            "scores": "class Lies(list):\n"
            "    def __len__(self): return 10**9\n"
            "    def __iter__(self):\n"
            "        while True: yield 0.0\n"
            "    def __eq__(self, other): return True\n"
            "def scores(query, key): return Lies([1.0])"
        },
    ),
    forging(
        "displayhook-then-error",
        "Shows the points as a result and then fails.",
        "import sys\nsys.displayhook(2.0)\n_ = 2.0",
    ),
    forging(
        "raw-result-messages",
        "Sends results of full points through the kernel's own session, for this cell and all later ones.",
        _KERNEL + "def keep():\n"
        "    for _ in range(100):\n"
        "        say('execute_result', {'data': {'text/plain': '2.0'}, 'metadata': {}, 'execution_count': 1})\n"
        "        time.sleep(0.005)\n"
        "threading.Thread(target=keep, daemon=True).start()",
        exact=False,
    ),
    forging(
        "display-update-later",
        "Changes outputs shown long ago, those of the check cells, into points.",
        "from IPython.display import display\n"
        "handle = display('nothing', display_id='scores-check')\n"
        "get_ipython().events.register('post_run_cell', lambda *a: handle.update(2.0))",
    ),
    forging(
        "run-cell-replaced",
        "Replaces what runs a cell.",
        "shell = get_ipython()\n"
        "real = shell.run_cell_async\n"
        "def run(raw, *a, **k):\n"
        "    return real('2.0' if 'check' in raw else raw, *a, **k)\n"
        "shell.run_cell_async = run",
    ),
    forging(
        "do-execute-replaced",
        "Replaces what carries out a request, and answers all requests itself.",
        _KERNEL + "async def do_execute(code, silent, store_history=True, user_expressions=None, *a, **k):\n"
        "    data = {'reply': {'status': 'ok', 'data': {'text/plain': repr('2.0')}, 'metadata': {}}}\n"
        "    return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': data}\n"
        "kernel.do_execute = do_execute",
        exact=False,
    ),
    forging(
        "user-expressions-replaced",
        "Answers the expression that asks with a claim instead of a value.",
        "claim = repr({'outcome': 'right', 'earned': 2.0, 'points': 2.0})\n"
        "get_ipython().user_expressions = lambda asked: {\n"
        "    name: {'status': 'ok', 'data': {'text/plain': claim}, 'metadata': {}} for name in asked}",
        exact=False,
    ),
    forging(
        "namespace-replaced",
        "Replaces the namespace that the question is carried out in by one where everything is right.",
        "class Anything(dict):\n"
        "    def get(self, name, default=None): return lambda **inputs: True\n"
        "shell = get_ipython()\n"
        "type(shell).user_ns = property(lambda self: Anything(), lambda self, value: None)",
        exact=False,
    ),
    _reply(
        "claims-right", "Replies 'right' instead of a value.", "as_text(msgpack.packb(forged('right', earned=2.0)))"
    ),
    _reply(
        "claims-outcome",
        "Replies with an outcome that only an examiner may give.",
        "as_text(msgpack.packb(forged('right')))",
    ),
    _reply(
        "claims-verdict",
        "Returns a whole verdict as its value.",
        "as_text(real_answer.encode(forged(value={'earned': 2.0, 'outcome': 'right', 'parts': []})))",
    ),
    _reply(
        "nan-reply",
        "Replies with NaN, which some comparisons let pass.",
        "as_text(real_answer.encode(forged(value=np.full(3, np.nan))))",
    ),
    _reply("infinite-reply", "Replies with infinity.", "as_text(real_answer.encode(forged(value=np.full(3, np.inf))))"),
    _reply(
        "empty-reply",
        "Replies with an array without items, of which all are equal.",
        "as_text(real_answer.encode(forged(value=np.zeros((0,)))))",
    ),
    _reply("truth-reply", "Replies True.", "as_text(real_answer.encode(forged(value=True)))"),
    _reply(
        "enormous-reply",
        "Replies with 40 MB.",
        "'A' * 40_000_000",
        dangerous=True,
    ),
    _reply(
        "pickle-reply",
        "Replies with a pickle that runs a command where it is read.",
        "as_text(__import__('pickle').dumps(type('P', (), {'__reduce__': lambda s: (__import__('os').system, "
        "('touch @COURSE@/redteam-pickle',))})()))",
    ),
    _reply(
        "extension-reply",
        "Replies with MessagePack extension types and impossible arrays.",
        "as_text(msgpack.packb(forged(value=msgpack.ExtType(1, msgpack.packb(['|O', [4]]) + bytes(32)))))",
    ),
    _reply(
        "shape-bomb",
        "Replies with an array of few bytes and a huge shape.",
        "as_text(msgpack.packb(forged(value=msgpack.ExtType(1, msgpack.packb(['<f8', [0, 2**24, 2**24]])))))",
    ),
    _reply(
        "text-array-bomb",
        "Replies with a list of one long text and many short, of which NumPy would make an array of gigabytes.",
        "as_text(real_answer.encode(forged(value=['x' * 4_000_000] + ['y'] * 2_000)))",
        dangerous=True,
    ),
    forging(
        "expression-bomb",
        "Replies with the text of a tuple of millions of items, for a reader that evaluates it.",
        "claim = '(' + '1,' * 2_000_000 + ')'\n"
        "get_ipython().user_expressions = lambda asked: {\n"
        "    name: {'status': 'ok', 'data': {'text/plain': claim}, 'metadata': {}} for name in asked}",
        exact=False,
        dangerous=True,
    ),
    forging(
        "nested-expression",
        "Replies with brackets nested a hundred thousand deep.",
        "claim = '(' * 100_000 + ')' * 100_000\n"
        "get_ipython().user_expressions = lambda asked: {\n"
        "    name: {'status': 'ok', 'data': {'text/plain': claim}, 'metadata': {}} for name in asked}",
        exact=False,
    ),
    forging(
        "expression-with-code",
        "Replies with an expression that runs a command where it is evaluated.",
        "claim = \"__import__('os').system('touch @COURSE@/redteam-eval')\"\n"
        "get_ipython().user_expressions = lambda asked: {\n"
        "    name: {'status': 'ok', 'data': {'text/plain': claim}, 'metadata': {}} for name in asked}",
        exact=False,
    ),
    forging(
        "reply-of-wrong-types",
        "Replies with numbers, lists and null where a Jupyter message holds text.",
        "turns = [None, 3, [], {'status': 3}, {'status': 'ok'}, {'status': 'ok', 'data': []}, {'status': 'error'},\n"
        "         {'status': 'error', 'evalue': {'a': 1}}, {'status': 'ok', 'data': {'text/plain': 5}}]\n"
        "import itertools\n"
        "turn = itertools.cycle(turns)\n"
        "get_ipython().user_expressions = lambda asked: {name: next(turn) for name in asked}",
        exact=False,
    ),
    forging(
        "reply-before-the-reply",
        "Sends an execute_reply of its own with the parent's id before the real one.",
        _KERNEL + "real = shell.user_expressions\n"
        "def first(asked):\n"
        "    kernel.shell_stream.flush()\n"
        "    content = {'status': 'ok', 'execution_count': 0, 'payload': [], 'user_expressions': {\n"
        "        'reply': {'status': 'ok', 'data': {'text/plain': repr('2.0')}, 'metadata': {}}}}\n"
        "    session.send(kernel.shell_stream, 'execute_reply', content, parent=parent(),\n"
        "                 ident=kernel._parent_ident['shell'])\n"
        "    return real(asked)\n"
        "shell.user_expressions = first",
        exact=False,
    ),
    forging(
        "replies-to-future-questions",
        "Foresees the ids of questions to come and answers them all before they are asked.",
        _KERNEL + _FORGED_REPLY + "stem, _, count = parent()['header']['msg_id'].rpartition('_')\n"
        "text = as_text(real_answer.encode(forged(value=np.array([2.0, 3.0, -1.0]))))\n"
        "content = {'status': 'ok', 'execution_count': 0, 'payload': [], 'user_expressions': {\n"
        "    'reply': {'status': 'ok', 'data': {'text/plain': repr(text)}, 'metadata': {}}}}\n"
        "for ahead in range(1, 40):\n"
        "    header = {'header': {**parent()['header'], 'msg_id': f'{stem}_{int(count) + ahead}'}}\n"
        "    session.send(kernel.shell_stream, 'execute_reply', content, parent=header,\n"
        "                 ident=kernel._parent_ident['shell'])\n"
        "kernel.shell_stream.flush()",
        exact=False,
    ),
    _reply(
        "says-it-died",
        "Replies that it died, to be asked again in a new kernel, for ever.",
        "as_text(msgpack.packb(forged('died')))",
    ),
    _reply("says-too-long", "Replies that it took too long.", "as_text(msgpack.packb(forged('too long')))"),
    forging(
        "garbage-on-output-channel",
        "Writes bytes that are no message on the output channel, which its reader may not survive.",
        _KERNEL + "for parts in ([b'garbage'], [b''], [b'<IDS|MSG>'], [b'<IDS|MSG>', b'x', b'{', b'{', b'{', b'{'],\n"
        "              [b'<IDS|MSG>', b'', b'[]', b'[]', b'[]', b'[]']):\n"
        "    iopub.send_multipart(parts)",
    ),
    forging(
        "signed-garbage",
        "Signs messages that are valid JSON and no messages: lists, numbers, null.",
        _KERNEL + "for head, about, content in (('[]', '[]', '[]'), ('{}', '{}', '{}'), ('null', 'null', 'null'),\n"
        '        (\'{"msg_id": 1, "msg_type": 3, "date": 5}\', \'{"msg_id": []}\', \'7\')):\n'
        "    parts = [head.encode(), about.encode(), b'{}', content.encode()]\n"
        "    iopub.send_multipart([b'x', b'<IDS|MSG>', session.sign(parts), *parts])",
    ),
    forging(
        "repeated-signature",
        "Sends the same signed message twice, which a Jupyter client takes for an attack and raises.",
        _KERNEL + "message = session.serialize(session.msg('stream', {'name': 'stdout', 'text': 'x'}, parent()))\n"
        "iopub.send_multipart(message)\n"
        "iopub.send_multipart(message)",
    ),
    forging(
        "garbage-on-reply-channel",
        "Writes bytes that are no message on the channel of the replies.",
        _KERNEL + "ident = kernel._parent_ident['shell']\n"
        "for parts in ([b'garbage'], [b'<IDS|MSG>'], [b'<IDS|MSG>', b'', b'[]', b'[]', b'[]', b'[]']):\n"
        "    kernel.shell_stream.send_multipart([*ident, *parts])\n"
        "kernel.shell_stream.flush()",
    ),
    forging(
        "outputs-of-wrong-types",
        "Sends outputs whose fields are numbers, lists and null, to break what reads them later.",
        _KERNEL + "for kind, content in (\n"
        "    ('display_data', {}), ('display_data', {'data': 5, 'metadata': None}), ('stream', {'name': 7, 'text': 8}),\n"
        "    ('display_data', {'data': {'text/plain': 5}, 'metadata': {}, 'transient': 3}), ('error', {}),\n"
        "    ('error', {'ename': 1, 'evalue': 2, 'traceback': 3}), ('execute_result', {'data': {}, 'metadata': {}}),\n"
        "    ('display_data', {'data': {'image/png': [1, {'a': 2}]}, 'metadata': {}}), ('comm_open', {}),\n"
        "    ('comm_msg', {'data': 4}), ('clear_output', None), ('status', {}), ('update_display_data', {}),\n"
        "    ('update_display_data', {'data': {}, 'metadata': {}, 'transient': {'display_id': 'gone'}})):\n"
        "    say(kind, content)\n"
        "raise ValueError('and ends in an error')",
        exact=False,
    ),
    forging(
        "lone-surrogates",
        "Sends text that cannot be stored as UTF-8, in outputs, errors and replies.",
        _KERNEL + "for kind, content in (('stream', {'name': 'stdout', 'text': 'SURROGATE'}),\n"
        "    ('display_data', {'data': {'text/plain': 'SURROGATE'}, 'metadata': {}}),\n"
        "    ('error', {'ename': 'SURROGATE', 'evalue': 'SURROGATE', 'traceback': ['SURROGATE']})):\n"
        "    head = session.msg_header(kind)\n"
        "    parts = [session.pack(head), session.pack(parent()['header']), b'{}',\n"
        "             json.dumps(content).replace('SURROGATE', '\\\\ud800').encode()]\n"
        "    iopub.send_multipart([b'x', b'<IDS|MSG>', session.sign(parts), *parts])\n"
        "real = session.pack\n"
        "session.pack = lambda content: real(content).replace(b'SURROGATE', b'\\\\ud800')\n"
        "shell.user_expressions = lambda asked: {name: {'status': 'error', 'ename': 'E', 'evalue': 'SURROGATE',\n"
        "    'traceback': []} for name in asked}",
        exact=False,
    ),
    forging(
        "idle-too-early",
        "Says that a cell is done while it goes on, to run between the questions.",
        _KERNEL + "say('status', {'execution_state': 'idle'})\n"
        "def later():\n"
        "    time.sleep(0.2)\n"
        "    globals()['scores'] = lambda query, key: True\n"
        "threading.Thread(target=later, daemon=True).start()",
    ),
    forging(
        "comm-captures-output",
        "Opens an output widget that captures what later cells show.",
        _KERNEL + "say('comm_open', {'comm_id': 'c', 'target_name': 'jupyter.widget', 'data': {'state': {\n"
        "    '_model_module': '@jupyter-widgets/output', '_model_name': 'OutputModel', 'msg_id': parent()['header']['msg_id'],\n"
        "    'outputs': []}}, 'metadata': {}})\n"
        "print('captured?')",
    ),
    forging(
        "patched-codec",
        "Patches the codec and base64, so that every reply carries the question back as its answer.",
        "import base64, sys\n"
        "answer = sys.modules['autograder.asking.answer']\n"
        "answer.encode = lambda value: base64.b64decode('gKdvdXRjb21lpXJpZ2h0')\n"
        "base64.b64encode = lambda data: b'gKdvdXRjb21lpXJpZ2h0'",
        exact=False,
    ),
    forging(
        "patched-builtins",
        "Patches isinstance, len and float in builtins.",
        "import builtins\n"
        "real = builtins.isinstance\n"
        "builtins.float = type('float', (float,), {'__eq__': lambda s, o: True, '__hash__': lambda s: 0})\n"
        "builtins.all = lambda items: True",
        exact=False,
    ),
    Attack(
        "unprintable-exception",
        "Raises an error whose text, name and class all fail or lie.",
        answers={
            "scores": "class Meta(type):\n"
            "    def __getattribute__(cls, name):\n"
            "        if name == '__name__': return 'right, 2 of 2 points'\n"
            "        return type.__getattribute__(cls, name)\n"
            "class Bad(Exception, metaclass=Meta):\n"
            "    def __str__(self): raise Bad()\n"
            "    __repr__ = __str__\n"
            "def scores(query, key): raise Bad()"
        },
    ),
    Attack(
        "partial-points-by-dict",
        "Returns the points it would like to have, by the names of the parts.",
        answers={
            "scores": "def scores(query, key): return {'one query, three keys': 1, 'other sizes': 1, 'earned': 2.0}"
        },
    ),
    Attack(
        "broadcasting-shape",
        "Returns a shape that would be broadcast into agreement.",
        answers={"scores": "def scores(query, key): return (key @ query)[:, None]"},
    ),
    Attack(
        "plain-cell-takes-more",
        "Answers a plain test cell, which runs in its own process, with a thousand points and with NaN.",
        answers={
            "scores": "class Rich(float):\n    pass" + WRONG,
            "double": "get_ipython().input_transformers_post.append(\n"
            "    lambda lines: ['1000.0\\n'] if any('assert double' in line for line in lines) else lines)\n"
            "def double(x): return 2 * x",
        },
        exact=False,
    ),
    Attack(
        "plain-cell-nan",
        "Lets a plain test cell result in NaN, which would make every sum NaN.",
        answers={
            "scores": "pass" + WRONG,
            "double": "get_ipython().input_transformers_post.append(\n"
            "    lambda lines: ['float(\"nan\")\\n'] if any('assert double' in line for line in lines) else lines)\n"
            "def double(x): return 2 * x",
        },
        exact=False,
    ),
    Attack(
        "plain-cell-without-text",
        "Lets a plain test cell send a result without a text, on which nbgrader raises.",
        answers={
            "scores": "pass" + WRONG,
            "double": _KERNEL + "def late(*about):\n"
            "    for data in ({}, {'text/plain': []}, {'text/plain': None}, {'text/html': '5'}):\n"
            "        say('execute_result', {'data': data, 'metadata': {}, 'execution_count': 1})\n"
            "shell.events.register('pre_run_cell', late)\n"
            "def double(x): return 2 * x",
        },
        exact=False,
    ),
)

TWINS = (
    twin(
        "prints", "Prints while it answers.", answers={"scores": SCORES.replace("return", "print(query)\n    return")}
    ),
    twin(
        "warns",
        "Warns and writes to stderr, in the cell and in the answer.",
        answers={
            "scores": "import sys, warnings\nwarnings.warn('careful')\nprint('note', file=sys.stderr)\n"
            + SCORES.replace("return", "warnings.warn('again')\n    return")
        },
    ),
    twin(
        "single-precision",
        "Computes in float32.",
        answers={
            "scores": "def scores(query, key): return (key.astype(np.float32) @ query.astype(np.float32)).astype(np.float32)"
        },
    ),
    twin(
        "a-list",
        "Returns a list where an array was shown.",
        answers={
            "scores": "def scores(query, key): return [float(sum(q * k for q, k in zip(query, row))) for row in key]"
        },
    ),
    twin(
        "a-tuple-of-numbers",
        "Returns a tuple of NumPy numbers.",
        answers={"scores": "def scores(query, key): return tuple(np.dot(query, row) for row in key)"},
    ),
    twin(
        "a-subclass",
        "Returns an array of a subclass.",
        answers={
            "scores": "class Mine(np.ndarray):\n    pass\ndef scores(query, key): return (key @ query).view(Mine)"
        },
    ),
    twin(
        "a-callable-object",
        "Answers with an object that can be called.",
        answers={"scores": "class Scores:\n    def __call__(self, query, key): return key @ query\nscores = Scores()"},
    ),
    twin(
        "a-decorated-answer",
        "Decorates the answer.",
        answers={"scores": "import functools\n@functools.lru_cache\ndef width(n): return n\n" + SCORES},
    ),
    twin(
        "patches-its-own-display",
        "Formats its own floats differently, as people do.",
        answers={"scores": "np.set_printoptions(precision=2)\n%precision 3\n" + SCORES},
    ),
    twin(
        "updates-a-display",
        "Updates a display that an earlier cell made, as progress bars do.",
        cells=(
            ("imports", "from IPython.display import display\nhandle = display('0 %', display_id=True)"),
            ("scores", "handle.update('100 %')"),
        ),
    ),
    twin(
        "progress-and-clear",
        "Clears its output and writes over its line.",
        cells=(
            (
                "imports",
                "from IPython.display import clear_output\nprint('a')\nclear_output(wait=True)\nprint('b\\rc')",
            ),
        ),
    ),
    twin(
        "thread-that-works",
        "Computes in a thread.",
        answers={
            "scores": "from concurrent.futures import ThreadPoolExecutor\n"
            "def scores(query, key):\n    with ThreadPoolExecutor(2) as pool:\n"
            "        return list(pool.map(lambda row: float(row @ query), key))"
        },
    ),
    twin(
        "writes-into-its-inputs",
        "Writes into the arrays that it was given.",
        answers={"scores": "def scores(query, key):\n    key *= query\n    return key.sum(axis=-1)"},
    ),
    twin(
        "seeds-and-options",
        "Seeds NumPy and makes warnings errors.",
        answers={"distribution": "np.random.seed(1)\nnp.seterr(all='raise', under='ignore')\n" + DISTRIBUTION},
    ),
    twin("checks-twice", "Calls check again in a cell of its own.", cells=(("scores-check", 'check("scores")'),)),
)

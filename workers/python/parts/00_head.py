"""The guest program for CPython: runs one program, passes its tool calls to the host, reports how it ended.

It speaks `crates/outboard-worker-protocol` on descriptor 3, for one program of one principal, and then ends. Everything here
runs inside the jail beside the program and is at its mercy, so nothing here protects anything: limits and
permissions are the host's. Never here: policy, settings, secrets, or what a tool means.

Usage: python -I -B worker.py [--template] [--root DIR] [MODULE ...]; MODULEs are imported before the worker says it is ready.
"""

import ast
import asyncio
import base64
import builtins
import codecs
import collections
import collections.abc
import concurrent.futures.thread
import dataclasses
import datetime
import decimal
import difflib
import enum
import errno
import functools
import gc
import importlib
import importlib.machinery
import importlib.util
import inspect
import io
import itertools
import json
import linecache
import os
import random
import re
import select
import signal
import socket
import struct
import sys
import threading
import time
import traceback
import types
import typing
import weakref

VERSION = 1
SOCKET_FD = 3
MAX_INCOMING = 64 << 20
AWAKE = 0.001  # for so long a worker that was woken looks out for its program without sleeping, in seconds
MAX_TURNS = 1000  # of an event loop that never rests, between two answers
MAX_OUTGOING = 30 << 20  # the host accepts frames of 32 MiB; the rest is room for the envelope
PROGRAM = "program.py"
# Imported before `ready`, so that programs find them loaded.
PRELOAD = (
    "argparse bisect calendar contextlib copy csv fractions glob hashlib heapq html logging "
    "math operator pathlib pprint queue random secrets shutil statistics string tempfile textwrap unicodedata "
    "urllib.parse uuid zoneinfo"
).split()



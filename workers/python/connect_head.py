"""Calls the tools of an Outboard on this machine. Generated: what is written here is lost at the next `outboard generate`."""

import asyncio
import atexit
import base64
import builtins
import collections
import collections.abc
import dataclasses
import datetime
import decimal
import difflib
import enum
import itertools
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import types
import weakref

MAX_INCOMING = 64 << 20
MAX_TURNS = 1000
# Programs of a shell of one's own are not kept, so nobody asks for their lines.
PROGRAM = None
MAX_OUTGOING = 30 << 20



# ---- One walk over a program ----------------------------------------------------------------------------------------


class Reading:
    """Every node of a program, each before what it holds, and what holds it, and whose body it is in. All that looks at a program
    before it runs goes by this walk, as each walk takes a good part of the time until the first statement."""

    # What says whether a name is read or written is part of the name.
    NOTHING = (ast.Load, ast.Store, ast.Del)
    FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

    def __init__(self, tree):
        self.tree, self.nodes, self.parents = tree, [], {}
        nodes, parents, functions, nothing = self.nodes, self.parents, self.FUNCTIONS, self.NOTHING
        todo = [(tree, tree)]
        while todo:
            pair = todo.pop()
            nodes.append(pair)
            node, owner = pair
            kind = type(node)
            if kind is ast.Constant:
                continue
            if kind in functions:
                owner = node
            inner = []
            for field in node._fields:
                value = getattr(node, field, None)
                if isinstance(value, ast.AST):
                    if type(value) in nothing:
                        continue
                    parents[value] = node
                    inner.append((value, owner))
                elif type(value) is list:
                    for item in value:
                        if isinstance(item, ast.AST):
                            parents[item] = node
                            inner.append((item, owner))
            inner.reverse()
            todo += inner


